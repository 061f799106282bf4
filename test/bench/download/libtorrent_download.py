"""Downloads one torrent with libtorrent from one peer and ends. Settings: a JSON object, the only argument."""

import json
import sys

import libtorrent as lt

wanted = json.loads(sys.argv[1])
session = lt.session(
    {
        "listen_interfaces": "127.0.0.1:0",
        "outgoing_interfaces": "127.0.0.1",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_incoming_tcp": False,
        "enable_outgoing_tcp": wanted["transport"] == "tcp",
        "enable_incoming_utp": False,
        "enable_outgoing_utp": wanted["transport"] == "utp",
        "out_enc_policy": 2,
        "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.error_notification,
    }
)
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(wanted["torrent"])
parameters.save_path = wanted["folder"]
parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
torrent = session.add_torrent(parameters)
torrent.connect_peer((wanted["host"], wanted["port"]))
while not torrent.status().is_seeding:
    # wakes at the alert that the torrent is finished
    session.wait_for_alert(100)
    session.pop_alerts()
