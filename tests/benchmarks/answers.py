"""What the sinks answer, ours and nginx, where S3 answers with XML."""

from typing import Final

ETAG: Final = '"0"'
"""No MD5, so that nobody holds it against the bytes that were sent."""

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'

BEGUN: Final = (
    f"{_HEAD}<InitiateMultipartUploadResult><Bucket>bench</Bucket>"
    "<Key>key</Key><UploadId>upload</UploadId>"
    "</InitiateMultipartUploadResult>"
)
COMPLETED: Final = (
    f"{_HEAD}<CompleteMultipartUploadResult><Bucket>bench</Bucket>"
    "<Key>key</Key><ETag>0-1</ETag></CompleteMultipartUploadResult>"
)
EMPTY: Final = (
    f"{_HEAD}<ListBucketResult><Name>bench</Name><Prefix></Prefix>"
    "<MaxKeys>1000</MaxKeys><KeyCount>0</KeyCount>"
    "<IsTruncated>false</IsTruncated></ListBucketResult>"
)
