"""Short heads: requests whose first lines and headers are longer than any browser's are hung up on, unread."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST = 16 * 1024
"""The longest head that is read, in bytes: the parser itself would read one without end."""
MOST = 100
"""How many headers at most."""


class TooLongError(Exception):
    """The head of this request is too long."""


class ShortHeads(HttpToolsProtocol):
    """One connection. A head is counted as it comes in, and again line by line where it came all at once."""

    _reading_head = False
    _came = 0
    _read = 0

    def data_received(self, data: bytes) -> None:
        """Take what came; while it is still the head, no more than may be."""
        super().data_received(data)
        if self._reading_head and not self.transport.is_closing():
            self._came += len(data)
            if self._came > LONGEST:
                self.send_400_response("That request is too long.")

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._reading_head, self._came, self._read = True, 0, 0

    def on_url(self, url: bytes) -> None:
        """Count the first line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count one header. What is raised here the parser turns into its own error, which is answered 400."""
        self._count(len(name) + len(value))
        if len(self.headers) >= MOST:
            raise TooLongError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is read: what comes now is counted by the doorway."""
        self._reading_head = False
        super().on_headers_complete()

    def _count(self, length: int) -> None:
        self._read += length
        if self._read > LONGEST:
            raise TooLongError
