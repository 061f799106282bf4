import { greeting } from './service.ts'

const MYSQL_GREETING = Buffer.concat([
  Buffer.of(0x4a, 0, 0, 0, 10),
  Buffer.from('8.0.35\0'),
  Buffer.from('0b000000', 'hex'),
  Buffer.from('0123456789abcdef0123456789abcdef'.repeat(2), 'hex'),
  Buffer.from('mysql_native_password\0'),
])

const MYSQL_ERROR = Buffer.concat([
  Buffer.of(0x21, 0, 0, 1, 0xff, 0x84, 0x04),
  Buffer.from('#08S01Got packets out of order'),
])

/** Services that speak first. */
export const BANNER_SERVICES = {
  ssh: greeting('SSH', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'Invalid SSH identification string.\r\n'),
  smtp: greeting('SMTP', '220 mail.example.org ESMTP Postfix\r\n', '500 5.5.2 Error: bad syntax\r\n'),
  ftp: greeting('FTP', '220 (vsFTPd 3.0.3)\r\n', '530 Please login with USER and PASS.\r\n'),
  'ftp-multiline': greeting(
    'FTP',
    '220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220 Local time is now 10:00. Server port: 21.\r\n',
    '530 You are not logged in\r\n',
  ),
  pop3: greeting('POP3', '+OK Dovecot ready.\r\n', '-ERR Unknown command.\r\n'),
  imap: greeting('IMAP', '* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n', '* BAD Error in IMAP command\r\n'),
  vnc: greeting('VNC', 'RFB 003.008\n'),
  mysql: greeting('MySQL', MYSQL_GREETING, MYSQL_ERROR),
  telnet: greeting('Telnet', Buffer.from('fffd18fffd20fffd23fffd27', 'hex'), '\r\nlogin: '),
  irc: greeting('IRC', ':irc.example.org NOTICE * :*** Looking up your hostname...\r\n'),
}
