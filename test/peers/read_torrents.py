"""Reads torrents and magnet links with libtorrent: one JSON request a line on stdin, one JSON answer a line on stdout."""

import base64
import json
import sys

import libtorrent as lt


def hashes(info_hashes):
    return {
        "v1": str(info_hashes.v1) if info_hashes.has_v1() else None,
        "v2": str(info_hashes.v2) if info_hashes.has_v2() else None,
    }


def read_torrent(data):
    info = lt.torrent_info(data)
    files = info.files()
    return {
        "ok": True,
        **hashes(info.info_hashes()),
        "name": info.name(),
        "private": info.priv(),
        "pieceCount": info.num_pieces(),
        "pieceLength": info.piece_length(),
        "files": [
            {
                "path": files.file_path(i),
                "length": files.file_size(i),
                "offset": files.file_offset(i),
                "pad": bool(files.file_flags(i) & lt.file_flags_t.flag_pad_file),
                "link": bool(files.file_flags(i) & lt.file_flags_t.flag_symlink),
            }
            for i in range(files.num_files())
        ],
    }


def read_magnet(uri):
    params = lt.parse_magnet_uri(uri)
    return {
        "ok": True,
        **hashes(params.info_hashes),
        "name": params.name,
        "trackers": list(params.trackers),
        "webSeeds": list(params.url_seeds),
        "peers": ["%s:%d" % (host, port) for host, port in getattr(params, "peers", [])],
    }


print(json.dumps({"version": lt.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    try:
        if "torrent" in request:
            answer = read_torrent(base64.b64decode(request["torrent"]))
        else:
            answer = read_magnet(request["magnet"])
    except Exception as error:  # libtorrent raises RuntimeError, and its bindings UnicodeDecodeError
        answer = {"ok": False, "error": str(error)}
    print(json.dumps(answer), flush=True)
