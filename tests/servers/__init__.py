"""S3 servers for the tests: a scripted one of our own, and three real ones.

`scripted` enforces S3's rules and misbehaves on demand; `moto`, `swift` and
`rclone` start other people's servers as child processes. All listen on
127.0.0.1 only. Run by module name with tests/ on the path
(``python -m servers.swift``): started by file name, this folder would hide
the packages after which its modules are named.
"""
