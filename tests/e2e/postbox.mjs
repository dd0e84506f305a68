// A mail server for tests, on loopback: smtp-server with STARTTLS or TLS, a password, and the answers
// that a test wants. What arrives is parsed by postal-mime. Also certificates. Used by mail.mjs.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

// A certificate authority in `folder`/NAME.pem, and a certificate of it for localhost: { key, cert, ca }.
export function authorityMake(folder, name) {
  const file = (part) => `${folder}/${name}${part}.pem`;
  const openssl = (...words) => execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...ec, '-subj', `/CN=${name}`, '-keyout', file('-ca-key'), '-out', file(''));
  openssl('req', ...ec, '-subj', '/CN=localhost', '-keyout', file('-key'), '-out', file('-request'));
  fs.writeFileSync(file('-names'), 'subjectAltName=DNS:localhost\n');
  openssl('x509', '-req', '-days', '2', '-in', file('-request'), '-CA', file(''), '-CAkey', file('-ca-key'),
    '-CAcreateserial', '-extfile', file('-names'), '-out', file('-certificate'));
  return { key: fs.readFileSync(file('-key')), cert: fs.readFileSync(file('-certificate')),
    ca: fs.readFileSync(file(''), 'utf8') };
}

const refusal = (code, text) => Object.assign(new Error(text), { responseCode: code });

export class Postbox {
  constructor({ user = 'domicile', password }) {
    Object.assign(this, { user, password, mails: [], logins: [], connections: 0, sockets: new Set() });
    this.calm();
  }

  // Takes everything, as at the start. What a test may set: `sender`, `recipient` and `message`, each
  // undefined (250) or { code, text }; message may also be 'cut' (taken, but the connection is gone
  // before the answer) or a function whose promise is waited for before the 250.
  calm() {
    Object.assign(this, { sender: undefined, recipient: undefined, message: undefined });
    this.mails.length = 0;
    this.logins.length = 0;
    this.connections = 0;
  }

  async open({ key, cert }, { secure = false, methods = ['PLAIN', 'LOGIN'], disabled = [], port = 0, open = false } = {}) {
    this.server = new SMTPServer({
      secure, key, cert, authMethods: methods, disabledCommands: disabled, authOptional: open, logger: false,
      disableReverseLookup: true, closeTimeout: 100,
      onConnect: (session, done) => { this.connections++; done(); },
      onAuth: (auth, session, done) => {
        this.logins.push({ method: auth.method, isSecure: session.secure, name: session.hostNameAppearsAs });
        if (auth.username === this.user && auth.password === this.password) done(null, { user: this.user });
        else done(refusal(535, 'Authentication failed'));
      },
      onMailFrom: (address, session, done) => done(this.sender && refusal(this.sender.code, this.sender.text)),
      onRcptTo: (address, session, done) => done(this.recipient && refusal(this.recipient.code, this.recipient.text)),
      onData: (stream, session, done) => { this.take(stream, session, done).catch(done); },
    });
    this.server.on('error', () => {}); // of single connections: a test looks at what came of it
    this.server.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise((resolve) => { this.server.listen(port, '127.0.0.1', resolve); });
    this.port = this.server.server.address().port;
    return this.port;
  }

  async take(stream, session, done) {
    const parts = [];
    for await (const part of stream) parts.push(part);
    const raw = Buffer.concat(parts);
    const { message } = this;
    if (message?.code) {
      done(refusal(message.code, message.text));
      return;
    }
    this.mails.push({ raw: raw.toString('latin1'), from: session.envelope.mailFrom.address, isSecure: session.secure,
      to: session.envelope.rcptTo.map(({ address }) => address), parsed: await PostalMime.parse(raw) });
    if (message === 'cut') {
      for (const socket of this.sockets) socket.destroy();
      return;
    }
    await message?.();
    done();
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}
