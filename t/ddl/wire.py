"""A connection to a server as t/ddl needs it: statements as bytes, whatever they hold, one
after the other or several at a time. The protocol is that of the MySQL Internals manual,
"Client/Server Protocol": handshake of version 10, an account without password, COM_QUERY."""
import socket
import struct

PROTOCOL_41, TRANSACTIONS, SECURE, MULTI_STATEMENTS, MULTI_RESULTS, PLUGIN_AUTH = 0x200, 0x2000, 0x8000, 0x10000, 0x20000, 0x80000
MORE_RESULTS = 8


class Refused(Exception):
    """What a server says no to: its number and message."""

    def __init__(self, number, text):
        super().__init__("%d: %s" % (number, text))
        self.number = number


class Connection:
    def __init__(self, path, user="root"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb", 1 << 16)
        self.sequence = 0
        hello = self.packet()
        end = hello.index(b"\0", 1)
        self.version = hello[1:end].decode()
        self.mysql = "MariaDB" not in self.version
        plugin = b"caching_sha2_password" if self.mysql else b"mysql_native_password"
        flags = PROTOCOL_41 | TRANSACTIONS | SECURE | MULTI_STATEMENTS | MULTI_RESULTS | PLUGIN_AUTH
        self.send(struct.pack("<IIB23x", flags, 1 << 24, 45) + user.encode() + b"\0\0" + plugin + b"\0")
        answer = self.packet()
        while answer[0] in (0xFE, 0x01):  # another way to say that there is no password; fine so far
            if answer[0] == 0xFE:
                self.send(b"")
            answer = self.packet()
        self.check(answer)

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, payload):
        self.socket.sendall(struct.pack("<I", len(payload))[:3] + bytes([self.sequence & 255]) + payload)

    def packet(self):
        head = self.file.read(4)
        if len(head) < 4:
            raise EOFError("the server has closed the connection")
        size = head[0] | head[1] << 8 | head[2] << 16
        self.sequence = head[3] + 1
        return self.file.read(size)

    @staticmethod
    def check(packet):
        if packet[0] == 0xFF:
            text = packet[3:]
            raise Refused(packet[1] | packet[2] << 8, (text[6:] if text[:1] == b"#" else text).decode("utf-8", "replace"))

    @staticmethod
    def number(p, at):
        """A length-encoded integer (None: NULL) and what follows it."""
        first = p[at]
        if first < 0xFB:
            return first, at + 1
        if first == 0xFB:
            return None, at + 1
        size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
        return int.from_bytes(p[at + 1:at + 1 + size], "little"), at + 1 + size

    def row(self, p):
        values, at = [], 0
        while at < len(p):
            size, at = self.number(p, at)
            values.append(None if size is None else p[at:at + size].decode("utf-8", "replace"))
            at += size or 0
        return values

    def result(self):
        """The rows of one result, none of a statement that has none; and whether more follow."""
        p = self.packet()
        self.check(p)
        if p[0] == 0:
            _, at = self.number(p, 1)
            _, at = self.number(p, at)
            return [], bool(p[at] & MORE_RESULTS)
        columns, _ = self.number(p, 0)
        for _ in range(columns + 1):
            self.packet()
        rows = []
        while True:
            p = self.packet()
            self.check(p)
            if p[0] == 0xFE and len(p) < 9:
                return rows, bool(p[3] & MORE_RESULTS)
            rows.append(self.row(p))

    def all(self, sql):
        """The rows of every result. A statement that is refused ends it."""
        self.sequence = 0
        self.send(b"\x03" + (sql if isinstance(sql, bytes) else sql.encode()))
        results, more = [], True
        while more:
            rows, more = self.result()
            results.append(rows)
        return results

    def query(self, sql):
        return self.all(sql)[0]
