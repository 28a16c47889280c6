"""Settings file of the embedded server, written at every start.

Sized for a laptop or a two-core machine. Nothing that is logged may quote a value: no statements,
no parameters, no DETAIL lines; the primary line of an error is the little that remains.
"""

from __future__ import annotations

import os
from pathlib import Path

HBA = "host all all 127.0.0.1/32 scram-sha-256\n"

_SETTINGS = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 120
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, mdy'
shared_buffers = '{buffers}MB'
effective_cache_size = '2GB'
work_mem = '32MB'
maintenance_work_mem = '256MB'
max_wal_size = '4GB'
wal_level = minimal
max_wal_senders = 0
wal_compression = 'off'
checkpoint_timeout = '10min'
random_page_cost = 1.1
synchronous_commit = 'on'
jit = off
max_parallel_workers_per_gather = {parallel}
client_connection_check_interval = '2s'
idle_in_transaction_session_timeout = '2h'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_truncate_on_rotation = on
log_rotation_age = '1d'
log_line_prefix = '%m [%p] %q%a '
log_error_verbosity = 'terse'
log_min_error_statement = 'panic'
log_min_messages = 'warning'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_statement = 'none'
log_min_duration_statement = -1
"""


def shared_buffers(memory: int) -> int:
    """Megabytes for the server's cache: a sixteenth of the machine's bytes, 256 MB to 2 GB.

    Keys are hashes: a night reaches for pages all over the indexes of its history.
    """
    return max(256, min(2048, memory // 16 >> 20))


def _memory() -> int:
    """Bytes of this machine, 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0


def server_settings(port: int) -> str:
    """The file's text; `client_connection_check_interval` only where the system supports it."""
    text = _SETTINGS.format(port=port, parallel=1, buffers=shared_buffers(_memory()))
    if Path("/proc/self").exists():
        return text
    return "".join(
        line for line in text.splitlines(keepends=True) if "connection_check" not in line
    )
