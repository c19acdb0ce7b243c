"""Which proof each server gives for which checksum, and what it refuses."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import pytest
from stores import (
    LANES,
    MIB,
    SERVERS,
    Eyes,
    Place,
    eyes_on,
    meta,
    opened,
    place_of,
    put,
    put_in_parts,
    put_part,
)

from pt5_async.checksum import Algorithm, digests
from pt5_async.errors import BodyRefused
from pt5_async.model import Proof
from pt5_async.settings import ChecksumChoice

BODY = b"what the instrument saw"
OTHER = b"what a bad cable made of"
PARTS = (bytes(range(256)) * (5 * MIB // 256), b"the end")


async def test_print(request):
    import uuid

    for server in SERVERS:
        async with place_of(server, request) as place, eyes_on(place) as eyes:
            for choice in ChecksumChoice:
                async with opened(place, checksum=choice) as store:
                    p = uuid.uuid4().hex
                    one = await put(store, p + "a", BODY)
                    two = await put_in_parts(store, p + "b", PARTS)
                    w = []
                    for alg in (
                        [Algorithm(choice.value)]
                        if choice.value in set(Algorithm)
                        else []
                    ):
                        try:
                            d = {
                                alg: digests([alg], OTHER)[alg],
                                Algorithm.CRC64NVME: digests(
                                    [Algorithm.CRC64NVME], BODY
                                )[Algorithm.CRC64NVME],
                            }
                            if alg is Algorithm.CRC64NVME:
                                d = {alg: digests([alg], OTHER)[alg]}
                            r = await store.put(meta(p + "w"), BODY, d)
                            w.append(r.proof.value)
                        except Exception as e:
                            w.append(type(e).__name__ + str(e)[60:110])
                        try:
                            await eyes.read(p + "w")
                            w.append("STORED")
                        except Exception as e:
                            w.append("not stored")
                        try:
                            up = await store.begin(meta(p + "x"))
                            d = {
                                alg: digests([alg], OTHER)[alg],
                                Algorithm.CRC64NVME: digests(
                                    [Algorithm.CRC64NVME], BODY
                                )[Algorithm.CRC64NVME],
                            }
                            if alg is Algorithm.CRC64NVME:
                                d = {alg: digests([alg], OTHER)[alg]}
                            pp = await store.put_part(p + "x", up, 1, BODY, d)
                            w.append("part taken")
                            st = await store.complete(p + "x", up, (pp,))
                            w.append(st.proof.value)
                        except Exception as e:
                            w.append(type(e).__name__ + str(e)[60:110])
                    print(
                        server,
                        choice.value,
                        one.proof.value,
                        two.proof.value,
                        w,
                    )
