"""Many libtorrent sessions on loopback, remote-controlled: POST {"op": ..., ...} to the port that is the only argument."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import libtorrent as lt

QUIET = {
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "allow_multiple_connections_per_ip": True,
    "alert_queue_size": 100000,
    "alert_mask": lt.alert.category_t.error_notification | lt.alert.category_t.peer_notification,
}
EVERY = (("0.0.0.0", "255.255.255.255"), ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))

sessions = {}
torrents = {}


def limit_loopback_too(session):
    """Loopback peers are in a class of their own that no limit touches: put every peer in the global class only."""
    every = lt.ip_filter()
    for first, last in EVERY:
        every.add_rule(first, last, 1 << lt.session.global_peer_class_id)
    session.set_peer_class_filter(every)


def make_session(wanted):
    session = lt.session({**QUIET, **wanted["settings"]})
    if wanted.get("limitsLoopback"):
        limit_loopback_too(session)
    if wanted.get("blocked"):
        blocked = lt.ip_filter()
        for address in wanted["blocked"]:
            blocked.add_rule(address, address, 1)
        session.set_ip_filter(blocked)
    sessions[wanted["session"]] = session
    deadline = time.monotonic() + 4
    while not session.is_listening() and time.monotonic() < deadline:
        time.sleep(0.01)
    return session.listen_port()


def add(wanted):
    session = sessions[wanted["session"]]
    if wanted.get("magnet"):
        parameters = lt.parse_magnet_uri(wanted["magnet"])
    else:
        parameters = lt.add_torrent_params()
        parameters.ti = lt.torrent_info(wanted["torrent"])
    parameters.save_path = wanted["folder"]
    flags = lt.torrent_flags
    parameters.flags &= ~(flags.auto_managed | flags.paused)
    parameters.flags |= flags.disable_dht | flags.disable_lsd | flags.disable_pex
    for name in wanted.get("flags", []):
        parameters.flags |= getattr(flags, name)
    handle = session.add_torrent(parameters)
    torrents[wanted["name"]] = handle


def state(wanted):
    status = torrents[wanted["name"]].status()
    return {
        "state": str(status.state),
        "paused": bool(status.flags & lt.torrent_flags.paused),
        "error": status.errc.message() if status.errc.value() else None,
        "complete": status.is_seeding,
        "peers": status.num_peers,
        "pieces": status.num_pieces,
    }


def pause(wanted):
    handle = torrents[wanted["name"]]
    handle.unset_flags(lt.torrent_flags.auto_managed)
    handle.pause()


def limit(wanted):
    handle = torrents[wanted["name"]]
    if "connections" in wanted:
        handle.set_max_connections(wanted["connections"])
    if "uploads" in wanted:
        handle.set_max_uploads(wanted["uploads"])


def end(wanted):
    session = sessions.pop(wanted["session"])
    session.pause()


OPERATIONS = {
    "ping": lambda wanted: lt.version,
    "session": make_session,
    "add": add,
    "state": state,
    "pause": pause,
    "resume": lambda wanted: torrents[wanted["name"]].resume(),
    "recheck": lambda wanted: torrents[wanted["name"]].force_recheck(),
    "pause-session": lambda wanted: sessions[wanted["session"]].pause(),
    "settings": lambda wanted: sessions[wanted["session"]].apply_settings(wanted["settings"]),
    "limit": limit,
    "end": end,
}


class Control(BaseHTTPRequestHandler):
    def do_POST(self):
        wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            answer, status = OPERATIONS[wanted["op"]](wanted), 200
        except Exception as error:
            answer, status = str(error), 500
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def print_alerts():
    while True:
        for name, session in list(sessions.items()):
            for alert in session.pop_alerts():
                print("%s: %s: %s" % (name, type(alert).__name__, alert), flush=True)
        time.sleep(0.1)


threading.Thread(target=print_alerts, daemon=True).start()
host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
ThreadingHTTPServer((host, int(sys.argv[1])), Control).serve_forever()
