"""A libtorrent that loads a torrent over uTP from one peer, slowly, and so stays: TORRENT FOLDER HOST PORT."""

import sys
import time

import libtorrent as lt

torrent, folder, host, port = sys.argv[1:]
session = lt.session(
    {
        "listen_interfaces": "127.0.0.1:0",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_outgoing_tcp": False,
        "download_rate_limit": 2048,
    }
)
every = lt.ip_filter()
every.add_rule("0.0.0.0", "255.255.255.255", 1 << lt.session.global_peer_class_id)
session.set_peer_class_filter(every)
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(torrent)
parameters.save_path = folder
parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
handle = session.add_torrent(parameters)
said = False
while True:
    if handle.status().num_peers == 0:
        handle.connect_peer((host, int(port)))
    elif not said and any(peer.flags & lt.peer_info.handshake == 0 for peer in handle.get_peer_info()):
        print("connected", flush=True)
        said = True
    time.sleep(0.2)
