"""A router that treats packets badly, as a JSON object says, the only argument: what is routed into its TUN device comes back or is lost."""

import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
TCP, UDP = 6, 17
SYN, ACK = 0x02, 0x10
UTP_STATE, UTP_SYN = 2, 4

wanted = json.loads(sys.argv[1])
random.seed(1)
let_in = set()
last_let_in = -1e9


def load_of(packet):
    return packet[(packet[0] & 15) * 4 :]


def is_first_syn(packet):
    """A SYN of a connection that was not seen before."""
    if packet[9] != TCP or load_of(packet)[13] & (SYN | ACK) != SYN:
        return False
    connection = packet[12:20] + load_of(packet)[:4]
    if connection in let_in:
        return False
    let_in.add(connection)
    return True


def is_refused_syn(packet, seconds):
    """A SYN of a new connection, sooner than so long after the last new one."""
    global last_let_in
    if packet[9] != TCP or load_of(packet)[13] & (SYN | ACK) != SYN:
        return False
    connection = packet[12:20] + load_of(packet)[:4]
    now = time.monotonic()
    if connection in let_in:
        return False
    if now - last_let_in < seconds:
        return True
    last_let_in = now
    let_in.add(connection)
    return False


def is_lost(packet):
    if random.random() < wanted.get("loss", 0):
        return True
    if len(packet) > wanted.get("largest", 65535):
        return True
    if wanted.get("dropsTcp") and packet[9] == TCP:
        return True
    if wanted.get("dropsPlaintext") and b"\x13BitTorrent protocol" in packet:
        return True
    if wanted.get("dropsUtpData") and packet[9] == UDP and load_of(packet)[8] >> 4 not in (UTP_STATE, UTP_SYN):
        return True
    if wanted.get("dropsFirstSyn") and is_first_syn(packet):
        return True
    return "secondsPerConnection" in wanted and is_refused_syn(packet, wanted["secondsPerConnection"])


def delay():
    return (wanted.get("delayMs", 0) + random.random() * wanted.get("jitterMs", 0)) / 1000


tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", wanted["device"].encode(), IFF_TUN | IFF_NO_PI))
print("ready", flush=True)
waiting = []
count = 0
while True:
    now = time.monotonic()
    readable, _, _ = select.select([tun], [], [], max(0, waiting[0][0] - now) if waiting else None)
    if readable:
        packet = os.read(tun, 65536)
        if packet[0] >> 4 == 4 and not is_lost(packet):
            for _ in range(wanted.get("copies", 1)):
                count += 1
                heapq.heappush(waiting, (time.monotonic() + delay(), count, packet))
    while waiting and waiting[0][0] <= time.monotonic():
        os.write(tun, heapq.heappop(waiting)[2])
