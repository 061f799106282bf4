"""One libtorrent session with one torrent, on loopback. Settings: a JSON object, the only argument. SIGUSR1 pauses it."""

import json
import signal
import sys

import libtorrent as lt

ENCRYPTION = {  # name: (policy for incoming connections, allowed levels)
    "allow": (1, 3),
    "require": (0, 3),
    "rc4-only": (0, 2),
    "plaintext-in-mse-only": (0, 1),
    "off": (2, 3),
}


def report(key, value):
    print("@%s %s" % (key, value), flush=True)


def session_settings(wanted):
    policy, level = ENCRYPTION[wanted["encryption"]]
    tcp = wanted["transport"] != "utp"
    utp = wanted["transport"] != "tcp"
    host = "[%s]" % wanted["host"] if ":" in wanted["host"] else wanted["host"]
    settings = {
        "listen_interfaces": "%s:%d" % (host, wanted["port"]),
        "outgoing_interfaces": wanted["host"],
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_incoming_tcp": tcp,
        "enable_outgoing_tcp": tcp,
        "enable_incoming_utp": utp,
        "enable_outgoing_utp": utp,
        "in_enc_policy": policy,
        "out_enc_policy": policy,
        "allowed_enc_level": level,
        "allow_multiple_connections_per_ip": not wanted["onePeerPerAddress"],
        "alert_queue_size": 100000,
        "alert_mask": lt.alert.category_t.all_categories if wanted["peerLog"] else lt.alert.category_t.error_notification,
    }
    if wanted.get("names"):
        settings["peer_fingerprint"] = wanted["names"]["peerIdPrefix"]
        settings["user_agent"] = wanted["names"]["version"]
    if wanted.get("unchokeSlots") is not None:
        settings["unchoke_slots_limit"] = wanted["unchokeSlots"]
    if wanted.get("uploadRateLimit") is not None:
        settings["upload_rate_limit"] = wanted["uploadRateLimit"]
    return settings


def limit_loopback_too(session):
    """Loopback peers are in a class of their own that no limit touches: put every peer in the global class only."""
    every = lt.ip_filter()
    every.add_rule("0.0.0.0", "255.255.255.255", 1 << lt.session.global_peer_class_id)
    every.add_rule("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 << lt.session.global_peer_class_id)
    session.set_peer_class_filter(every)


def add_torrent(session, wanted):
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(wanted["torrent"])
    parameters.save_path = wanted["dataFolder"]
    flags = lt.torrent_flags
    parameters.flags &= ~(flags.auto_managed | flags.paused)
    parameters.flags |= flags.disable_dht | flags.disable_lsd | flags.disable_pex
    if wanted["superSeeding"]:
        parameters.flags |= flags.super_seeding
    return session.add_torrent(parameters)


def pause(session, torrent):
    """A session without an active torrent closes on accept, so another torrent becomes active."""
    other = lt.parse_magnet_uri("magnet:?xt=urn:btih:" + "5a" * 20)
    other.save_path = "."
    other.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    session.add_torrent(other)
    torrent.pause()
    while not torrent.status().flags & lt.torrent_flags.paused:
        session.wait_for_alert(50)
    report("paused", "by SIGUSR1")


def main():
    pauses = []
    signal.signal(signal.SIGUSR1, lambda *_: pauses.append(True))
    wanted = json.loads(sys.argv[1])
    report("version", lt.version)
    session = lt.session(session_settings(wanted))
    if wanted.get("unchokeSlots") is not None or wanted.get("uploadRateLimit") is not None:
        limit_loopback_too(session)
    torrent = add_torrent(session, wanted)
    states = lt.torrent_status.states
    checking = (states.checking_files, states.checking_resume_data)
    checked = complete = False
    removing = []
    signal.signal(signal.SIGUSR2, lambda *_: removing.append(True))
    while True:
        for alert in session.pop_alerts():
            print(alert, flush=True)
        if removing:
            session.remove_torrent(torrent)
            while session.get_torrents():
                session.wait_for_alert(50)
            report("removed", 1)
            signal.pause()
        status = torrent.status()
        if not checked and status.state not in checking:
            checked = True
            report("checked", status.num_pieces)
            if wanted.get("connectTo"):
                torrent.connect_peer((wanted["connectTo"]["host"], wanted["connectTo"]["port"]))
        if checked and not complete and status.is_seeding:
            complete = True
            report("complete", status.num_pieces)
        if pauses:
            pauses.clear()
            pause(session, torrent)
        session.wait_for_alert(50)


main()
