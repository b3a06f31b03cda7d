"""Reads a segment of a spool as docs/5-inside/spool.md describes it: a second reader, for the tests."""

import hashlib
import hmac
import json
import struct
import sys
import zlib


def hkdf(key, salt, info, length):
    """RFC 5869 with SHA-256."""
    pseudo_random = hmac.new(salt, key, hashlib.sha256).digest()
    block, out, count = b"", b"", 1
    while len(out) < length:
        block = hmac.new(pseudo_random, block + info + bytes([count]), hashlib.sha256).digest()
        out, count = out + block, count + 1
    return out[:length]


def decrypt(key, number, body, aad):
    """AES-256-GCM by OpenSSL's libcrypto, which Python does not offer itself."""
    import ctypes
    import ctypes.util

    crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
    for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm"):
        getattr(crypto, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    nonce = bytes(8) + struct.pack("<I", number)
    sealed, tag = body[:-16], body[-16:]
    out, length = ctypes.create_string_buffer(len(sealed) + 16), ctypes.c_int()
    crypto.EVP_DecryptInit_ex(context, ctypes.c_void_p(crypto.EVP_aes_256_gcm()), None, key, nonce)
    crypto.EVP_DecryptUpdate(context, None, ctypes.byref(length), aad, len(aad))
    crypto.EVP_DecryptUpdate(context, out, ctypes.byref(length), sealed, len(sealed))
    crypto.EVP_CIPHER_CTX_ctrl(context, 0x11, 16, tag)
    assert crypto.EVP_DecryptFinal_ex(context, None, ctypes.byref(length)) == 1, "tag"
    return out.raw[: len(sealed)]


def read(data, master):
    magic, version, flags, _, sequence, created = struct.unpack_from("<8sHHIQQ", data)
    salt, check = data[32:48], data[48:56]
    assert magic == b"KVSSPOOL"
    assert zlib.crc32(data[:60]) == struct.unpack_from("<I", data, 60)[0]
    key = None
    if flags & 1:
        derived = hkdf(master, salt, b"kvs-launch spool segment 1", 64)
        key = derived[:32]
        assert hashlib.sha256(derived[32:]).digest()[:8] == check, "another key"
    records, at = [], 64
    while at < len(data):
        head = data[at : at + 28]
        marker, kind, flag, meta_size, size, number, _, body_crc, head_crc = struct.unpack("<4sBBHIIIII", head)
        meta = data[at + 28 : at + 28 + meta_size]
        body = data[at + 28 + meta_size : at + 28 + meta_size + size]
        assert marker == b"KVSR" and zlib.crc32(head[:24] + meta) == head_crc
        assert zlib.crc32(body) == body_crc
        if flag & 1:
            body = decrypt(key, number, body, head[:20] + meta)
        record = {"number": number}
        if kind == 1:
            record["stream"] = json.loads(meta)
        elif kind == 2:
            identity, start, scale = struct.unpack_from("<QqI", meta)
            record.update(format="%x" % identity, start_ms=start, scale_ns=scale, body=body.hex())
        elif kind == 3:
            identity, timecode, start, end, frames, length, place, eofr, clock = struct.unpack_from("<QqqqIIIB3xq", meta)
            assert length == len(body)
            record.update(fragment="%x" % identity, timecode=timecode, start_ns=start, end_ns=end)
            record.update(frames=frames, timecode_at=place, eofr=bool(eofr), machine_start_ms=clock, body=body.hex())
        records.append(record)
        at += 28 + meta_size + size
    return dict(version=version, sequence=sequence, created_ms=created, encrypted=bool(flags & 1), records=records)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        print(json.dumps(read(file.read(), bytes.fromhex("".join(sys.argv[2:])))))
