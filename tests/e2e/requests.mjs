// Requests about personal data that come by mail: entered by the operator, on the admin's page with the days that are
// left, extended, answered by doing what was asked for, refused; what the person gets; what an overdue one turns red.
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, root, run, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const PASSWORD = 'correct horse';
const box = new Postbox({ password: PASSWORD });
const keys = fs.mkdtempSync('/tmp/domicile-requests.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const authority = authorityMake(keys, 'mail');
const port = await box.open(authority);
const server = await Server.make(process.argv[2], (config) => `${config}
[region local]
uri = test:///default
[mail]
mail = smtp
url = smtp://localhost:${port}
user = domicile
from = Domicile <noreply@example.org>
ca_file = tls/mail-ca.pem
`);
server.put('secrets/smtp-password', `${PASSWORD}\n`);
server.put('tls/mail-ca.pem', authority.ca);
await server.start();

const admin = (...words) => run(`${root}/cgi/admin.sh`, [server.dir, ...words]).catch((e) => e);
const today = new Date().toISOString().slice(0, 10);
const mailTo = (address, subject) => until(() => box.mails.find(({ to, parsed }) => to[0] === address && parsed.subject.includes(subject)));
const operator = new Visitor(server), ada = new Visitor(server), bob = new Visitor(server);
await operator.signIn(server.signinLink('operator@localhost'));
await ada.signIn(server.signinLink('ada@example.org'));
await bob.signIn(server.signinLink('bob@example.org'));
const page = async () => (await operator.ask('GET', '/operator/requests')).text;

// ---- entered ----
equal('none', (await admin('request-list')).stdout, 'No requests.\n');
check('what was asked for is needed', (await admin('request-add', 'ada@example.org')).stderr.includes('this needs --kind'));
check('and the day', (await admin('request-add', 'ada@example.org', '--kind', 'copy', '--received', '2027-02-30')).stderr.includes('this needs --received'));
check('not a later one', (await admin('request-add', 'ada@example.org', '--kind', 'copy', '--received', '2999-01-01')).stderr.includes('in the future'));
for (const [kind, address] of [['copy', 'ada'], ['delete', 'bob'], ['restrict', 'ada'], ['other', 'stranger'], ['correct', 'stranger']])
  check(`${kind} of ${address}`, / is due on \d+ [A-Z][a-z]{2} \d{4}\./.test((await admin('request-add', `${address}@example.org`, '--kind', kind, '--received', today)).stdout));
equal('listed', (await admin('--json', 'request-list')).stdout.trim().split('\n').map((line) => JSON.parse(line).number).sort().join(), '1,2,3,4,5');
check('and on the admin\'s page', (await page()).includes('stranger@example.org') && /\d+ d left/.test(await page()));
equal('to nobody else', (await ada.ask('GET', '/operator/requests')).status, 403);

// ---- answered ----
equal('a copy', (await admin('request-answer', '1', '--how', 'This is all there is.')).stdout,
  'Request 1 by ada@example.org (a copy of the data; account local:ada@example.org) is answered: the account gets a copy of its data, ready for download in a moment. An email with the answer is queued for ada@example.org.\n');
const copy = await mailTo('ada@example.org', 'was answered');
check('the mail says what and where', copy.parsed.text.includes('download it on your account page') && copy.parsed.text.includes('This is all there is.'), copy.parsed.text);
check('it waits on the account page', await until(async () => /action="\/account\/copy\/[a-z2-7]{16}"/.test((await ada.ask('GET', '/account')).text)));
await admin('request-answer', '3', '--how', 'As you wished.');
check('a restriction', (await ada.ask('GET', '/account')).text.includes('End restriction'));
const closed = (await admin('request-answer', '2', '--how', 'As you wished.')).stdout;
equal('a deletion has a page', (await new Visitor(server).ask('GET', closed.match(/\/deletion\/[\w-]{43}/)[0])).status, 200);
equal('signed out', (await bob.ask('GET', '/account')).status, 303);
const told = (await mailTo('bob@example.org', 'was answered')).parsed.text;
check('the mail has its address', told.includes(closed.match(/\/deletion\/[\w-]{43}/)[0]), told);
check('and the day', /deleted for good on \d+ [A-Z][a-z]{2} \d{4}\b/.test(told), told);
equal('which is nowhere in the database then', server.sql("SELECT count(*) FROM mail WHERE url LIKE '%/deletion/%' OR note LIKE '%/deletion/%'"), '0');
check('once', (await admin('request-answer', '2', '--how', 'Again.')).stderr.includes('was answered before'));

const foreign = await admin('request-answer', '4', '--how', 'As you wished.', '--identity', 'local:ada@example.org');
check('an account of another address answers nothing', foreign.code === 1 && foreign.stderr.includes('local:ada@example.org belongs to ada@example.org'), foreign.stderr);

// ---- an account that its owner has closed ----
const carol = new Visitor(server);
await carol.signIn(server.signinLink('carol@example.org'));
await carol.send('/account/delete', '/account/delete', [['email', 'carol@example.org']]);
const kept = await admin('account-close', 'carol@example.org');
check('account-close changes nothing', /by its owner\. .*signing in undoes that\. Nothing was changed/.test(kept.stderr) && /\/deletion\/[\w-]{43}/.test(kept.stdout), kept.stderr);
const moved = await admin('account-email', 'carol@example.org', 'carol@work.example');
check('nor does its address change', moved.stderr.includes('by its owner') && moved.stderr.includes('signin carol@example.org'), moved.stderr);
equal('it can still be undone', server.sql("SELECT count(*) FROM erasure WHERE requested_by = 'person'"), '1');
const late = (await admin('request-add', 'carol@example.org', '--kind', 'delete', '--received', today)).stdout;
check('a request says that it is closed', late.includes('closed account local:carol@example.org') && late.includes('by its owner'), late);
const final = (await admin('request-answer', late.match(/Request (\d+)/)[1], '--how', 'As you wished.')).stdout;
check('its answer makes that final', final.includes('Its owner requested its deletion by email') || final.includes('as its owner requested by email'), final);
const finalMail = (await mailTo('carol@example.org', 'was answered')).parsed;
check('the mail has a link to the page', finalMail.html.includes(`href="${server.url}${final.match(/\/deletion\/[\w-]{43}/)[0]}"`), finalMail.html);

// ---- extended, refused ----
check('two months more', (await admin('request-extend', '4', '--reason', 'Seven came this week.')).stdout.includes('is now due on'));
check('with the reason', (await mailTo('stranger@example.org', 'takes longer')).parsed.text.includes('The reason: Seven came this week.'));
check('once', (await admin('request-extend', '4', '--reason', 'More.')).stderr.includes('was extended before'));
check('not without a reason', (await admin('request-refuse', '5')).stderr.includes('this needs --reason'));
equal('refused', (await admin('request-refuse', '5', '--reason', 'We do not know who you are.')).stdout,
  'Request 5 by stranger@example.org (correction) is refused, and nothing was done to an account. An email with the reason and where to complain is queued for stranger@example.org.\n');
const refused = (await mailTo('stranger@example.org', 'was refused')).parsed.text;
check('with the reason, and where to complain', refused.includes('We do not know who you are.') && refused.includes('supervisory authority') && refused.includes('court'), refused);
check('neither addresses nor texts are in the log', !/stranger@|bob@|Seven came/.test(server.log()));

// ---- recorded ----
equal('in the operator\'s history', server.sql("SELECT group_concat(action || object) FROM (SELECT * FROM activity WHERE team_id = 0 AND action LIKE 'request%' ORDER BY seq)"),
  'request_add1,request_add2,request_add3,request_add4,request_add5,request_answer1,request_answer3,request_answer2,request_add6,request_answer6,request_extend4,request_refuse5');
check('and in the person\'s', (await ada.ask('GET', '/activity')).text.includes('Request about personal data answered'));
await ada.signIn(server.signinLink('ada@example.org'));
check('so are links that the admin makes for somebody', (await ada.ask('GET', '/activity')).text.includes('Sign-in link made by the admin'));

// ---- deleted: the receipt says who did what ----
server.sql("UPDATE erasure SET requested_at = requested_at - 86400, due_at = unixepoch() WHERE requested_by = 'operator'");
const receipts = () => server.sql("SELECT body FROM signed_receipt s JOIN erasure e ON e.id = s.subject_id").split('\n').filter(Boolean).map((body) => JSON.parse(body));
await until(() => receipts().length === 2, 60);
equal('by the operator, and by the owner, made final later', receipts().map((r) => `${r.requested_by} ${r.made_final_by ?? '-'} ${r.requested_at < r.made_final_at}`).sort().join(), 'operator - false,person operator true');

// ---- overdue ----
const promise = async () => (await admin('promises', '--now')).stdout.split('\n').find((line) => line.includes('requests-answered'));
check('the promise is kept', /^green/.test(await promise()), await promise());
server.sql('UPDATE rights_request SET due_at = unixepoch() - 1 WHERE number = 4');
check('an overdue one breaks it', /^red/.test(await promise()), await promise());
check('and is red', /<span class="state bad">(Due today|1 d overdue)/.test(await page()));
await server.end();
await box.close();
finish();
