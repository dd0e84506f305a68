// A stand-in for Stripe with what emulators lack: subscriptions, invoices, the portal, meters, their
// events. Objects begin as the fixtures (the published shapes) and live in memory; a payment page and a
// portal can be clicked; deliveries are signed by the official library. Every request is held against
// that library (stripe_types.mjs). Failures can be ordered. Only loopback is used.
//
//     const stripe = await StripeDouble.start({ deliver: async (body, header) => status });
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import Stripe from 'stripe';
import { bytesJudge, formRead, typesLoad } from './stripe_types.mjs';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/stripe');
const fixture = (name) => JSON.parse(fs.readFileSync(`${fixtures}/${name}.json`, 'utf8'));
const shape = (name) => structuredClone(fixture(name).data.object);
const page = (title, body) => `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`;
const list = (url, data) => ({ object: 'list', data, has_more: false, url });
const refusal = (status, type, code, extra = {}) => ({ status, body: { error: { type, code, message: 'no', ...extra } } });
const missing = () => refusal(404, 'invalid_request_error', 'resource_missing', { param: 'id' });
const HOUR = 3600;
const ID = /^(cus|cs|sub|in|mtr|evt|du)_/;

export const KEY = 'sk_test_double';
const DELIVERY_TRIES = 1800; // three minutes: longer than a busy machine needs for anything
export const SECRET = 'whsec_double';

export class StripeDouble {
  static async start({ deliver } = {}) {
    const double = new StripeDouble();
    double.deliver = deliver;
    double.server = http.createServer((request, response) => {
      const bytes = [];
      request.on('data', (part) => bytes.push(part));
      request.on('end', () => double.answer(request, response, Buffer.concat(bytes).toString()));
    });
    typesLoad();
    await new Promise((resolve) => { double.server.listen(0, '127.0.0.1', resolve); });
    double.url = `http://127.0.0.1:${double.server.address().port}`;
    return double;
  }

  constructor() {
    this.library = new Stripe(KEY);
    this.offset = 0; // of the clock, in seconds
    this.last = 0;
    this.asked = []; // { method, url, headers, body, status }
    this.problems = []; // requests that the library would not send so
    this.failures = [];
    this.kept = new Map(); // answers by idempotency key
    this.customers = new Map();
    this.prices = new Map();
    this.meters = new Map();
    this.sessions = new Map();
    this.subscriptions = new Map();
    this.invoices = new Map();
    this.portals = new Map();
    this.disputes = new Map();
    this.thin = new Map();
    this.used = new Map(); // meter events by identifier
    this.cards = new Map(); // customer -> 'good' or 'bad'
    this.held = []; // deliveries, while holding
    this.isHolding = false;
    this.copies = 1; // how often each event is delivered
    this.delivered = [];
  }

  end() {
    this.server.closeAllConnections();
    this.server.close();
  }

  now() { return Math.floor(Date.now() / 1000) + this.offset; }

  id(prefix) { return `${prefix}${String(++this.last).padStart(14, '0')}`; }

  // The next `times` requests that match fail: { status, body, headers } is answered, after `delayMs`; with
  // `cut` the connection is closed, `taken` once the request has had its effect.
  fail(pattern, how, times = 1) { this.failures.push({ pattern, how, times }); }

  count(pattern) { return this.asked.filter((a) => pattern.test(`${a.method} ${a.url}`)).length; }

  // ---- requests ----

  async answer(request, response, body) {
    const { method, url, headers } = request;
    const send = (status, what, extra = {}) => {
      const text = typeof what === 'string' ? what : JSON.stringify(what);
      response.writeHead(status, { 'content-type': text.startsWith('<') ? 'text/html' : 'application/json', ...extra });
      response.end(text);
    };
    if (!/^\/v[12]\//.test(url)) return this.browser(method, url, body, send);
    const asked = { method, url, headers, body };
    this.asked.push(asked);
    const problem = await bytesJudge(asked);
    if (problem) this.problems.push(problem);
    const failure = this.failures.find((f) => f.times > 0 && f.pattern.test(`${method} ${url}`));
    if (failure) failure.times--;
    if (failure?.how.delayMs) await new Promise((resolve) => { setTimeout(resolve, failure.how.delayMs); });
    if (failure?.how.cut && !failure.how.taken) return request.socket.destroy();
    const answer = failure?.how.status ? { ...failure.how, body: failure.how.body ?? {} } : await this.once(asked);
    asked.status = answer.status;
    if (failure?.how.cut) return request.socket.destroy();
    return send(answer.status, answer.body, { 'request-id': this.id('req_'), ...answer.headers });
  }

  // The same key is answered the same; with other parameters it is an error.
  async once(asked) {
    const { method, url, headers, body } = asked;
    const key = method === 'POST' && headers['idempotency-key'];
    const before = key && this.kept.get(key);
    if (headers.authorization !== `Bearer ${KEY}`) return refusal(401, 'invalid_request_error', 'api_key');
    if (before && before.request !== `${url} ${body}`) return refusal(400, 'idempotency_error', 'idempotency_key_reused');
    if (before) return { ...before.answer, headers: { 'idempotent-replayed': 'true' } };
    const answer = await this.act(method, url, body);
    if (key && (answer.status < 400 || answer.status >= 500)) this.kept.set(key, { request: `${url} ${body}`, answer });
    return answer;
  }

  async act(method, url, body) {
    const [pathname, query = ''] = url.split('?');
    const fields = formRead(method === 'POST' ? body : query);
    const [, version, ...words] = pathname.split('/');
    const name = `${method} /${[version, ...words].map((w) => (ID.test(w) ? ':id' : w)).join('/')}`;
    const id = words.find((w) => ID.test(w));
    const handler = this.handlers()[name];
    if (!handler) return { status: 501, body: {} };
    const out = await handler(fields, id);
    return out?.status && out.body ? out : { status: 200, body: out };
  }

  handlers() {
    const get = (map) => (_, id) => map.get(id) ?? missing();
    return {
      'POST /v1/customers': (f) => this.customerMake(f),
      'GET /v1/customers/:id': get(this.customers),
      'GET /v1/prices': (f) => list('/v1/prices', [...this.prices.values()]
        .filter((p) => !f.lookup_keys || f.lookup_keys.includes(p.lookup_key))),
      'POST /v1/prices': (f) => this.priceMake(f),
      'GET /v1/billing/meters': () => list('/v1/billing/meters', [...this.meters.values()]),
      'POST /v1/billing/meters': (f) => this.meterMake(f),
      'POST /v1/checkout/sessions': (f) => this.sessionMake(f),
      'GET /v1/checkout/sessions/:id': get(this.sessions),
      'POST /v1/billing_portal/sessions': (f) => this.portalMake(f),
      'GET /v1/subscriptions': (f) => list('/v1/subscriptions', [...this.subscriptions.values()]
        .filter((s) => s.customer === f.customer && s.status !== 'canceled').reverse().map((s) => this.expanded(s, f.expand?.[0]?.replace('data.', '')))),
      'GET /v1/subscriptions/:id': (f, id) => this.expanded(this.subscriptions.get(id), f.expand?.[0]) ?? missing(),
      'POST /v1/subscriptions/:id': (f, id) => this.cancelSet(id, f),
      'DELETE /v1/subscriptions/:id': (f, id) => this.subscriptionEnd(id, f),
      'GET /v1/invoices': (f) => list('/v1/invoices', [...this.invoices.values()].filter((i) => i.customer === f.customer).reverse()),
      'GET /v1/invoices/:id': (f, id) => this.expanded(this.invoices.get(id), f.expand?.[0]) ?? missing(),
      'GET /v1/disputes/:id': (f, id) => this.expanded(this.disputes.get(id), f.expand?.[0]) ?? missing(),
      'POST /v1/billing/meter_events': (f) => this.use(f),
      'GET /v1/billing/meters/:id/event_summaries': (f, id) => this.summaries(f, id),
      'GET /v2/core/events/:id': get(this.thin),
    };
  }

  expanded(object, where) {
    if (!object || !where) return object;
    const copy = structuredClone(object);
    if (where === 'latest_invoice') copy.latest_invoice = this.invoices.get(copy.latest_invoice) ?? null;
    else if (where === 'charge') copy.charge = { ...shape('charge.refunded'), id: copy.charge, customer: object.customer };
    else if (where === 'parent.subscription_details.subscription' && copy.parent) {
      const details = copy.parent.subscription_details;
      details.subscription = this.subscriptions.get(details.subscription);
    } else throw new Error(`no such expansion: ${where}`);
    return copy;
  }

  // ---- customers and prices ----

  customerMake(f) {
    const customer = { ...shape('customer.deleted'), id: this.id('cus_'), email: f.email ?? null, name: f.name ?? null,
      metadata: f.metadata ?? {}, created: this.now() };
    this.customers.set(customer.id, customer);
    this.cards.set(customer.id, 'good');
    this.emit('customer.created', customer);
    return customer;
  }

  customerDelete(id) {
    const last = this.customers.get(id);
    for (const s of this.subscriptions.values()) if (s.customer === id && s.status !== 'canceled') this.subscriptionEnd(s.id, {});
    this.customers.set(id, { id, object: 'customer', deleted: true });
    this.emit('customer.deleted', last);
  }

  priceMake(f) {
    for (const p of this.prices.values()) if (f.transfer_lookup_key && p.lookup_key === f.lookup_key) p.lookup_key = null;
    const metered = f.recurring?.usage_type === 'metered';
    const price = { ...shape('customer.subscription.created').items.data[metered ? 1 : 0].price, id: this.id('price_'),
      currency: f.currency, lookup_key: f.lookup_key, unit_amount_decimal: f.unit_amount_decimal,
      unit_amount: /\./.test(f.unit_amount_decimal) ? null : Number(f.unit_amount_decimal), product: this.id('prod_') };
    price.recurring = { ...price.recurring, meter: f.recurring?.meter ?? null };
    this.prices.set(price.id, price);
    return price;
  }

  meterMake(f) {
    const meter = { id: this.id('mtr_'), object: 'billing.meter', created: this.now(), status: 'active', livemode: false, ...f };
    this.meters.set(meter.id, meter);
    return meter;
  }

  // ---- the payment page ----

  sessionMake(f) {
    const id = this.id('cs_test_');
    const trialEnd = f.subscription_data?.trial_end;
    const bad = !this.customers.has(f.customer) || this.customers.get(f.customer).deleted ? 'customer'
      : trialEnd && Number(trialEnd) < this.now() + 48 * HOUR ? 'subscription_data[trial_end]'
        : Number(f.expires_at) < this.now() + 30 * 60 ? 'expires_at'
          : f.line_items.some((l) => (this.prices.get(l.price)?.recurring.usage_type === 'metered') === ('quantity' in l)) ? 'line_items'
            : null;
    if (bad) return refusal(400, 'invalid_request_error', 'parameter_invalid', { param: bad });
    const session = { ...shape('checkout.session.completed'), id, created: this.now(), status: 'open', payment_status: 'unpaid',
      customer: f.customer, client_reference_id: f.client_reference_id ?? null, metadata: f.metadata ?? {}, subscription: null,
      invoice: null, success_url: f.success_url, cancel_url: f.cancel_url, expires_at: Number(f.expires_at),
      url: `${this.url}/pay/${id}` };
    Object.defineProperty(session, 'asked', { value: f, enumerable: false });
    this.sessions.set(id, session);
    return session;
  }

  // As a person does on the page. `card` is 'good', or 'bad' for one that is taken now and fails later.
  pay(id, card = 'good') {
    const session = this.sessions.get(id);
    const f = session.asked;
    const trial = f.subscription_data?.trial_end ? Number(f.subscription_data.trial_end) : null;
    const end = trial ?? Number(f.subscription_data?.billing_cycle_anchor ?? this.now() + 30 * 24 * HOUR);
    const subscription = this.subscriptionMake({ customer: session.customer, lines: f.line_items,
      metadata: f.subscription_data?.metadata ?? {}, trial, end });
    const start = subscription.start_date;
    this.cards.set(session.customer, card);
    const flat = trial ? 0 : subscription.items.data.reduce((sum, i) => sum + (i.quantity ? i.price.unit_amount : 0), 0);
    const invoice = this.invoiceMake(subscription, { lines: flat ? [[subscription.items.data.find((i) => i.quantity), flat, start, end]] : [],
      start, end: start, reason: 'subscription_create' });
    this.emit('customer.subscription.created', { ...subscription, status: 'incomplete' });
    this.settle(invoice, 'good');
    Object.assign(session, { status: 'complete', payment_status: trial ? 'no_payment_required' : 'paid', url: null,
      subscription: subscription.id, invoice: invoice.id });
    this.emit('checkout.session.completed', session);
    return subscription;
  }

  expire(id) {
    Object.assign(this.sessions.get(id), { status: 'expired', url: null });
    this.emit('checkout.session.expired', this.sessions.get(id));
  }

  portalMake(f) {
    if (!this.customers.has(f.customer)) return refusal(400, 'invalid_request_error', 'resource_missing', { param: 'customer' });
    const id = this.id('bps_');
    const portal = { ...fixture('reply.billing_portal.session.200'), id, customer: f.customer, return_url: f.return_url,
      url: `${this.url}/portal/${id}` };
    this.portals.set(id, portal);
    return portal;
  }

  // ---- subscriptions ----

  // Without its event.
  subscriptionMake({ customer, lines, metadata, trial = null, end }) {
    const start = this.now();
    const subscription = { ...shape('customer.subscription.updated.activated'), id: this.id('sub_'), customer,
      created: start, start_date: start, metadata, status: trial ? 'trialing' : 'active', latest_invoice: null,
      trial_end: trial, trial_start: trial && start, billing_cycle_anchor: end };
    subscription.items.data = lines.map((l) => ({ ...subscription.items.data[l.quantity ? 0 : 1], id: this.id('si_'),
      price: this.prices.get(l.price), subscription: subscription.id, current_period_start: start, current_period_end: end,
      ...(l.quantity ? { quantity: Number(l.quantity) } : {}) }));
    this.subscriptions.set(subscription.id, subscription);
    return subscription;
  }

  // As the operator does in the dashboard: for a customer that exists, of any prices, with any metadata.
  dashboardSubscribe(customer, prices, metadata = {}) {
    const lines = prices.map((p) => ({ price: p.id, ...(p.recurring.usage_type === 'metered' ? {} : { quantity: '1' }) }));
    const subscription = this.subscriptionMake({ customer, lines, metadata, end: this.now() + 30 * 24 * HOUR });
    this.emit('customer.subscription.created', subscription);
    return subscription;
  }

  // As it takes the items of one kind out; returns what puts them back.
  itemsRemove(id, usageType) {
    const s = this.subscriptions.get(id);
    const before = s.items;
    this.change(s, { items: { ...before, data: before.data.filter((i) => i.price.recurring.usage_type !== usageType) } });
    return () => this.change(s, { items: before });
  }

  collectionPause(id, isPaused) {
    this.change(this.subscriptions.get(id), { pause_collection: isPaused ? { behavior: 'void', resumes_at: null } : null });
  }

  change(subscription, what, type = 'customer.subscription.updated') {
    const before = Object.fromEntries(Object.keys(what).map((key) => [key, subscription[key]]));
    Object.assign(subscription, what);
    this.emit(type, subscription, before);
    return subscription;
  }

  cancelSet(id, f) {
    const s = this.subscriptions.get(id);
    if (!s || s.status === 'canceled') return missing();
    const isToEnd = f.cancel_at_period_end === 'true';
    const end = s.items.data[0].current_period_end;
    this.change(s, { cancel_at_period_end: isToEnd, cancel_at: isToEnd ? end : null, canceled_at: isToEnd ? this.now() : null });
    return this.expanded(s, f.expand?.[0]);
  }

  subscriptionEnd(id, f) {
    const s = this.subscriptions.get(id);
    if (!s || s.status === 'canceled') return missing();
    this.change(s, { status: 'canceled', ended_at: this.now(), canceled_at: this.now() }, 'customer.subscription.deleted');
    return this.expanded(s, f.expand?.[0]);
  }

  // The period ends: use is charged, and the next one begins, or nothing more. `wrongCents` is added to
  // what is right.
  cycle(id, { wrongCents = 0 } = {}) {
    const s = this.subscriptions.get(id);
    const { current_period_start: start, current_period_end: end } = s.items.data[0];
    const next = end + 30 * 24 * HOUR;
    const lines = s.items.data.map((i) => (i.quantity ? [i, i.price.unit_amount, end, next]
      : [i, Math.floor((this.sum(s.customer, start, end) + 500) / 1000) + wrongCents, start, end]));
    if (s.cancel_at_period_end) this.change(s, { status: 'canceled', ended_at: end }, 'customer.subscription.deleted');
    const invoice = this.invoiceMake(s, { lines, start, end, reason: 'subscription_cycle' });
    for (const i of s.items.data) Object.assign(i, { current_period_start: end, current_period_end: next });
    if (s.status === 'trialing') this.change(s, { status: 'active' });
    this.settle(invoice, this.cards.get(s.customer));
    return invoice;
  }

  // ---- invoices ----

  invoiceMake(subscription, { lines, start, end, reason }) {
    const id = this.id('in_');
    const model = shape('invoice.finalized');
    const total = lines.reduce((sum, [, amount]) => sum + amount, 0);
    const invoice = { ...model, id, customer: subscription.customer, created: this.now(), period_start: start, period_end: end,
      billing_reason: reason, status: 'draft', number: null, total, subtotal: total, amount_due: total, amount_paid: 0,
      amount_remaining: total, attempt_count: 0, next_payment_attempt: null, hosted_invoice_url: null, invoice_pdf: null };
    invoice.parent = { ...model.parent, subscription_details: { metadata: subscription.metadata, subscription: subscription.id } };
    invoice.lines = list(`/v1/invoices/${id}/lines`, lines.map(([item, amount, from, to]) => ({ ...model.lines.data[0], id: this.id('il_'),
      amount, invoice: id, period: { start: from, end: to }, subscription: subscription.id,
      pricing: { ...model.lines.data[0].pricing, unit_amount_decimal: item.price.unit_amount_decimal },
      parent: { ...model.lines.data[0].parent, subscription_item_details: { ...model.lines.data[0].parent.subscription_item_details,
        subscription: subscription.id, subscription_item: item.id } } })));
    this.invoices.set(id, invoice);
    subscription.latest_invoice = id;
    this.emit('invoice.created', invoice);
    return invoice;
  }

  settle(invoice, card) {
    if (invoice.status === 'draft') {
      Object.assign(invoice, { status: 'open', number: `DOUBLE-${String(this.last).padStart(4, '0')}`,
        hosted_invoice_url: `${this.url}/invoice/${invoice.id}`, invoice_pdf: `${this.url}/invoice/${invoice.id}/pdf` });
      this.emit('invoice.finalized', invoice);
    }
    const s = this.subscriptions.get(invoice.parent.subscription_details.subscription);
    if (card === 'good' || invoice.total <= 0) {
      Object.assign(invoice, { status: 'paid', amount_paid: invoice.total, amount_remaining: 0, next_payment_attempt: null });
      this.emit('invoice.paid', invoice);
      if (['past_due', 'unpaid'].includes(s.status)) this.change(s, { status: 'active' });
      return;
    }
    invoice.attempt_count++;
    invoice.next_payment_attempt = this.now() + 3 * 24 * HOUR;
    this.emit('invoice.payment_failed', invoice);
    if (s.status === 'active') this.change(s, { status: 'past_due' });
  }

  // The card is replaced; what is open is paid.
  cardReplace(customer) {
    this.cards.set(customer, 'good');
    for (const invoice of this.invoices.values()) {
      if (invoice.customer === customer && invoice.status === 'open') this.settle(invoice, 'good');
    }
  }

  // Retries are used up.
  giveUp(id) { this.change(this.subscriptions.get(id), { status: 'unpaid' }); }

  refund(invoiceId, cents) {
    const invoice = this.invoices.get(invoiceId);
    this.emit('charge.refunded', { ...shape('charge.refunded'), id: this.id('ch_'), customer: invoice.customer, amount_refunded: cents });
  }

  // The object has no customer; its charge has.
  disputeOpen(invoiceId) {
    const { customer, total, currency } = this.invoices.get(invoiceId);
    const dispute = { id: this.id('du_'), object: 'dispute', amount: total, currency, charge: this.id('ch_'), livemode: false,
      created: this.now(), metadata: {}, payment_intent: this.id('pi_'), reason: 'fraudulent', status: 'needs_response' };
    Object.defineProperty(dispute, 'customer', { value: customer, enumerable: false });
    this.disputes.set(dispute.id, dispute);
    this.emit('charge.dispute.created', dispute);
    return dispute.id;
  }

  disputeClose(id, status) {
    this.disputes.get(id).status = status;
    this.emit('charge.dispute.closed', this.disputes.get(id));
  }

  // ---- use ----

  use(f) {
    const at = Number(f.timestamp);
    if (at < this.now() - 35 * 24 * HOUR || at > this.now() + 300) {
      return refusal(400, 'invalid_request_error', 'timestamp_too_far_in_past', { param: 'timestamp' });
    }
    if (!/^-?\d+$/.test(f.payload.value)) return refusal(400, 'invalid_request_error', 'parameter_invalid', { param: 'payload' });
    if (!this.used.has(f.identifier)) {
      this.used.set(f.identifier, { customer: f.payload.stripe_customer_id, value: Number(f.payload.value), at });
    }
    return { ...fixture('reply.meter_event.200'), event_name: f.event_name, identifier: f.identifier, payload: f.payload,
      timestamp: at, created: this.now() };
  }

  sum(customer, from, until) {
    return [...this.used.values()].filter((u) => u.customer === customer && u.at >= from && u.at < until)
      .reduce((total, u) => total + u.value, 0);
  }

  summaries(f, meter) {
    const data = [];
    for (let at = Number(f.start_time); at < Number(f.end_time); at += HOUR) {
      const total = this.sum(f.customer, at, at + HOUR);
      if (total) {
        data.push({ id: this.id('mtrusg_'), object: 'billing.meter_event_summary', aggregated_value: total, meter,
          start_time: at, end_time: at + HOUR, livemode: false });
      }
    }
    return list(`/v1/billing/meters/${meter}/event_summaries`, data);
  }

  meterError(identifier) {
    const fetched = fixture('thin.v1.billing.meter.error_report_triggered.fetched');
    fetched.id = this.id('evt_');
    fetched.data.reason.error_types[0].sample_errors[0].request.identifier = identifier;
    this.thin.set(fetched.id, fetched);
    this.send({ ...fixture('thin.v1.billing.meter.error_report_triggered.notification'), id: fetched.id });
  }

  // ---- events ----

  emit(type, object, before) {
    const event = { id: this.id('evt_'), object: 'event', api_version: '2026-10-28.endive', created: this.now(),
      data: { object: structuredClone(object), ...(before && { previous_attributes: before }) }, livemode: false,
      pending_webhooks: 1, request: { id: null, idempotency_key: null }, type };
    this.send(event);
  }

  send(event) {
    for (let i = 0; i < this.copies; i++) this.held.push(JSON.stringify(event));
    if (!this.isHolding) this.flush();
  }

  // Deliver what is held, in the order that `arrange` gives it; until each has been taken.
  async flush(arrange = (bodies) => bodies) {
    const bodies = arrange(this.held.splice(0));
    const all = (this.flushing ?? Promise.resolve()).then(async () => {
      for (const body of bodies) await this.deliverOne(body);
    });
    this.flushing = all;
    return all;
  }

  async deliverOne(body) {
    if (!this.deliver) return;
    let status = 0;
    for (let tries = 0; tries < DELIVERY_TRIES; tries++) {
      const header = this.library.webhooks.generateTestHeaderString({ payload: body, secret: SECRET });
      status = await this.deliver(body, header).catch((e) => { this.trouble = e; return 0; });
      if (status >= 200 && status < 300) {
        this.delivered.push(JSON.parse(body));
        return;
      }
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    throw new Error(`an event that nobody takes: ${JSON.parse(body).type}, status ${status}`, { cause: this.trouble });
  }

  // ---- what a browser sees ----

  browser(method, url, body, send) {
    const [, where, id, what] = url.split('/');
    const button = (to, words) => `<form method="post" action="${to}"><button id="${words.replace(/\W+/g, '-')}">${words}</button></form>`;
    const go = (to) => send(303, '', { location: to });
    const session = this.sessions.get(id);
    if (where === 'pay' && session) {
      if (session.status !== 'open') return send(200, page('This page has run out', ''));
      if (method === 'GET') {
        return send(200, page('Payment page', button(`/pay/${id}/good`, 'Pay') + button(`/pay/${id}/bad`, 'Pay with a card that fails later')
          + `<a id="back" href="${session.cancel_url}">Back</a>`));
      }
      this.pay(id, what);
      return go(session.success_url);
    }
    const portal = this.portals.get(id);
    if (where === 'portal' && portal) {
      if (method === 'GET') return send(200, page('Portal', `${button(`/portal/${id}/card`, 'Replace the card')}<a id="back" href="${portal.return_url}">Back</a>`));
      this.cardReplace(portal.customer);
      return go(portal.return_url);
    }
    const invoice = this.invoices.get(id);
    if (where === 'invoice' && invoice && method === 'GET') {
      const pay = invoice.status === 'open' && !what ? button(`/invoice/${id}/pay`, 'Pay invoice') : '';
      return send(200, page(`Invoice ${invoice.number}${what ? ' (PDF)' : ''}: ${invoice.status}`, pay));
    }
    if (where === 'invoice' && invoice) {
      this.cardReplace(invoice.customer);
      return go(`/invoice/${id}`);
    }
    return send(404, page('Nothing here', ''));
  }
}
