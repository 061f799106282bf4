"""Writes a .torrent of a file or folder with libtorrent, the reference for v2. Settings: a JSON object, the only argument."""

import json
import sys

import libtorrent as lt

wanted = json.loads(sys.argv[1])
files = lt.file_storage()
lt.add_files(files, wanted["content"])
flags = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}[wanted["version"]]
torrent = lt.create_torrent(files, wanted["pieceLength"], flags)
lt.set_piece_hashes(torrent, wanted["folder"])
entry = torrent.generate()
entry.pop(b"creation date", None)
with open(wanted["torrent"], "wb") as out:
    out.write(lt.bencode(entry))
