"""Options on where to, on which store, and on what is remembered of it."""

from dataclasses import dataclass
from typing import Annotated

from ..settings import Addressing
from .option import source_option, state_option, store_option
from .shared_options import State


@dataclass(frozen=True, kw_only=True)
class TargetFlags:
    """What stood on the command line of where bins go."""

    to: Annotated[
        str | None,
        source_option(
            "--to URL",
            "Where bins go, as s3://BUCKET/PREFIX; else AWS_UPLOAD_URL.",
        ),
    ] = None
    bucket: Annotated[
        str | None,
        source_option(
            "--bucket NAME", "Replaces the bucket of AWS_UPLOAD_URL."
        ),
    ] = None
    prefix: Annotated[
        str | None,
        source_option(
            "--prefix PATH", "Replaces the prefix of AWS_UPLOAD_URL."
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class StoreFlags:
    """What stood on the command line of the store."""

    endpoint_url: Annotated[
        str | None,
        store_option(
            "--endpoint-url URL",
            "Address of an S3 server that is not Amazon's.",
        ),
    ] = None
    region: Annotated[
        str | None, store_option("--region NAME", "The bucket's region.")
    ] = None
    profile: Annotated[
        str | None,
        store_option(
            "--profile NAME",
            "Profile of AWS's configuration; beats keys in variables.",
        ),
    ] = None
    addressing: Annotated[
        Addressing | None,
        store_option(
            "--addressing-style",
            "Where the bucket's name stands in URLs (default auto).",
        ),
    ] = None
    ca_bundle: Annotated[
        str | None,
        store_option(
            "--ca-bundle FILE",
            "Certificates to trust (PEM); else AWS_CA_BUNDLE.",
        ),
    ] = None
    no_verify_ssl: Annotated[
        bool,
        store_option("--no-verify-ssl", "Trust any certificate: unsafe."),
    ] = False


@dataclass(frozen=True, kw_only=True)
class StateFlags:
    """What stood on the command line of the journal."""

    state: State = None
    no_journal: Annotated[
        bool,
        state_option(
            "--no-journal",
            "Keep no journal: compare with a listing every time.",
        ),
    ] = False
