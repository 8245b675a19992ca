"""A provider's server that takes mail from its own people: TLS from the first byte, and a login.

    submission.py PORT CERTIFICATE KEY USERS SENDMAIL

USERS holds lines NAME:{PLAIN}PASSWORD, as Dovecot reads them, too. Each mail is handed to the program SENDMAIL as to
sendmail(8): -i -f FROM -- TO. Needs Debian's python3-aiosmtpd.
"""

import asyncio
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, certificate, key, users, sendmail = sys.argv[1:]


def login(_server, _session, _envelope, _mechanism, given):
    with open(users, encoding="utf-8") as file:
        known = dict(line.rstrip("\n").split(":{PLAIN}", 1) for line in file)
    right = known.get(given.login.decode()) == given.password.decode()
    return AuthResult(success=right, handled=right)


class Handler:
    async def handle_DATA(self, _server, _session, envelope):
        mail = envelope.content.replace(b"\r\n", b"\n")
        for to in envelope.rcpt_tos:
            subprocess.run([sendmail, "-i", "-f", envelope.mail_from, "--", to], input=mail, check=True)
        return "250 taken"


def server():
    # The library knows of TLS only what STARTTLS began: here nothing is heard without it.
    return SMTP(
        Handler(), hostname="smtp.example.net", authenticator=login, auth_required=True, auth_require_tls=False
    )


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, "127.0.0.1", int(port), ssl=context)
    await listening.serve_forever()


asyncio.run(main())
