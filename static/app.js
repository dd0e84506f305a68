/*
 * Enhancements of pages that also work without scripts: live parts, toasts, menus, copy buttons, charts
 * that answer, running clocks, shortcuts, passkeys, protection from double
 * submission, and forms that keep what was typed.
 */
'use strict';

(function () {
  /*
   * What was typed into a form is kept in this tab until the answer is here. If the answer is the
   * sign-in page, because the session had ended, or an error page, it is put back into the form when
   * that is shown next, within an hour. Nothing else but the cookie is stored: htmx stores the path of
   * the page for its history, which is disabled.
   */
  var KEEP_MS = 3600 * 1000;
  function keep(entry) {
    try {
      sessionStorage.clear();
      if (entry) sessionStorage.setItem('form', JSON.stringify(entry));
    } catch (e) { /* disabled in this browser: nothing is kept */ }
  }
  function kept() {
    try {
      var entry = JSON.parse(sessionStorage.getItem('form'));
      return entry && Date.now() - entry.at < KEEP_MS ? entry : null;
    } catch (e) {
      return null;
    }
  }
  /* Who is signed in, by their address in the head of the page; "": nobody. */
  function person() {
    var mail = document.querySelector('#account-menu .mail');
    return mail ? mail.textContent : '';
  }
  function formKeep(form) {
    var fields = Array.from(new FormData(form)).filter(function (field) {
      return !form.querySelector('input[type="hidden"][name="' + CSS.escape(field[0]) + '"]');
    });
    /* As the server does: what is long base64 and no public key is part of a private one. */
    var isPrivate = fields.some(function (field) { return /PRIVATE|PuTTY|(^|[^A-Za-z0-9+/])(?!AAAA)[A-Za-z0-9+/]{48}/i.test(field[1]); });
    if (!fields.length || !person()) return; /* a button, or signed out */
    keep(isPrivate ? null : { action: form.getAttribute('action'), fields: fields, at: Date.now(), person: person() });
  }
  function formFill(form, fields) {
    Array.from(form.elements).forEach(function (element) {
      var values = fields.filter(function (field) { return field[0] === element.name; }).map(function (field) { return field[1]; });
      if (element.name === 'csrf' || element.type === 'hidden') return;
      if (element.type === 'checkbox' || element.type === 'radio') element.checked = values.indexOf(element.value) >= 0;
      else if (values.length) element.value = values[0];
    });
    var note = document.createElement('p');
    note.className = 'note';
    note.setAttribute('role', 'status');
    note.textContent = 'What you had typed is back, but it was not sent. Look at it and send it again.';
    form.parentNode.insertBefore(note, form);
  }
  function isChanged(form) {
    return Array.from(form.elements).some(function (field) {
      return field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked
        : field.matches('input:not([type=hidden], [type=search]), textarea') && field.value !== field.defaultValue;
    });
  }
  /* A poll finds that the session has ended: what is typed is kept as if it had been sent. */
  document.addEventListener('htmx:beforeOnLoad', function (event) {
    var form = Array.from(document.querySelectorAll('form[method="post"]')).find(isChanged);
    if (!event.detail.xhr.getResponseHeader('HX-Refresh')) return;
    event.preventDefault();
    if (form) formKeep(form);
    location.assign('/signin?ended=1&return=' + encodeURIComponent(location.pathname + location.search));
  });
  /* Signed in again in another tab: this one goes on where it was. */
  document.addEventListener('visibilitychange', function () {
    if (document.hidden || !document.querySelector('[data-keep]')) return;
    fetch(location.href, { redirect: 'manual' }).then(function (answer) {
      if (answer.type === 'opaqueredirect') location.reload();
    }, function () { /* not reachable: the page stays */ });
  });
  function formReturn() {
    var entry = kept();
    var form = entry && document.querySelector('form[method="post"][action="' + CSS.escape(entry.action) + '"]');
    var hint = document.getElementById('kept');
    if (entry && person() && person() !== entry.person) entry = null; /* somebody else's */
    if (entry && document.querySelector('[data-keep]')) {
      entry.isLost = true;
      if (hint) hint.hidden = false;
    } else if (entry && entry.isLost && form) {
      formFill(form, entry.fields);
      entry = null;
    } else if (entry && !entry.isLost) {
      entry = null;
    }
    keep(entry);
  }

  /*
   * htmx sends the version it shows, and gets 304 if that is still current; and whose page it is, which
   * is loaded anew if somebody else has signed in meanwhile.
   */
  document.addEventListener('htmx:configRequest', function (event) {
    var version = event.detail.elt.getAttribute('data-version'), session = document.body.getAttribute('data-session');
    if (session) event.detail.headers['X-Session'] = session;
    if (version) event.detail.headers['If-None-Match'] = '"' + version + '"';
  });

  /*
   * A live part is morphed into its next version: focus, selection and scroll position stay, and so
   * does what the person has opened, chosen or typed in it. hx-swap="morph:outerHTML"
   */
  if (window.Idiomorph) {
    Idiomorph.defaults.callbacks.beforeNodeMorphed = function (before, after) {
      if (!before.matches || !before.matches('input, select, textarea')) return true;
      before.disabled = after.disabled;
      return false;
    };
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = function (name, element) {
      return !(name === 'open' && element.matches('details'));
    };
  }

  /* What is under way has a .state.work with an id and the name of what it is about; its end is told. */
  var working = [];
  function workFind() {
    return Array.from(document.querySelectorAll('.state.work[id][data-name]'), function (state) {
      return { id: state.id, name: state.getAttribute('data-name'), isSnapshot: state.textContent.trim() === 'Snapshotting' };
    });
  }
  function toast(text, isBad) {
    var toasts = document.getElementById('toasts');
    var box = document.createElement('div');
    if (!toasts) return;
    box.className = isBad ? 'toast bad' : 'toast';
    box.textContent = text;
    toasts.appendChild(box);
    toastEnd(box);
  }
  function toastEnd(box) {
    setTimeout(function () { box.remove(); }, 8000);
  }
  document.addEventListener('htmx:beforeSwap', function () { working = workFind(); });
  document.addEventListener('htmx:afterSwap', function () {
    working.forEach(function (work) {
      var state = document.getElementById(work.id);
      /* With the word "failed", if it has; lists do not tell. */
      var ended = state && (state.getAttribute('data-ended') || (work.isSnapshot && !state.matches('.bad') && 'snapshot finished'));
      var isBad = state && (state.matches('.bad') || /failed/.test(ended));
      if (state && !state.matches('.work')) toast(work.name + (isBad || ended ? ': ' : ' is ') + (ended || state.textContent).trim().toLowerCase(), isBad);
    });
    tick();
  });

  /* A hidden page asks twice a minute. */
  var askedAt = 0;
  document.addEventListener('htmx:beforeRequest', function (event) {
    if (document.hidden && Date.now() - askedAt < 30000) event.preventDefault();
    else askedAt = Date.now();
  });

  /* Two polls without an answer: what is shown may be out of date, and says so. */
  var failures = 0;
  function reached(isReached) {
    var lost = document.getElementById('lost');
    failures = isReached ? 0 : failures + 1;
    if (lost) lost.hidden = failures < 2;
  }
  ['htmx:sendError', 'htmx:timeout'].forEach(function (name) {
    document.addEventListener(name, function () { reached(false); });
  });
  document.addEventListener('htmx:afterRequest', function (event) {
    if (event.detail.xhr && event.detail.xhr.status) reached(event.detail.xhr.status < 500);
  });

  /* One menu is open at a time; Escape and a click elsewhere close it. Without one, Escape clears the selection. */
  function menusClose(except) {
    document.querySelectorAll('details.menu[open]').forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }
  document.addEventListener('click', function (event) { menusClose(event.target.closest('details.menu')); });
  document.addEventListener('click', function (event) {
    var box = event.target.closest('.toast');
    if (box) box.remove();
  });
  document.addEventListener('keydown', function (event) {
    var menu = document.querySelector('details.menu[open]'), bulk = document.querySelector('form.bulk');
    if (menu && menu.contains(event.target) && /^(Arrow(Up|Down)|Home|End)$/.test(event.key)) {
      var entries = Array.from(menu.querySelectorAll('summary, a, button')).filter(function (entry) { return entry.checkVisibility() && !entry.disabled; });
      var step = { ArrowUp: entries.length - 1, ArrowDown: 1 }[event.key], now = entries.indexOf(event.target);
      entries[step ? (now + step) % entries.length : event.key === 'End' ? entries.length - 1 : 1].focus();
      event.preventDefault();
    }
    if (event.key !== 'Escape') return;
    if (menu) {
      menu.open = false;
      menu.querySelector('summary').focus();
    } else if (bulk) {
      bulk.reset();
    }
  });

  function answer(button, words) {
    var label = button.querySelector('.label');
    var text = label.textContent;
    if (button.matches('.copied')) return;
    label.textContent = words;
    button.classList.add('copied');
    setTimeout(function () {
      label.textContent = text;
      button.classList.remove('copied');
    }, 1500);
  }
  /* The browser refuses to copy: what is shown is selected, for the keyboard. */
  function copyByHand(button) {
    var place = button.closest('.line, tr, li');
    var shown = place && place.querySelector('pre, code');
    if (shown) getSelection().selectAllChildren(shown);
    answer(button, shown ? 'Press Ctrl+C' : 'Not copied');
  }
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-copy]');
    if (!button) return;
    if (!navigator.clipboard) return copyByHand(button);
    navigator.clipboard.writeText(button.getAttribute('data-copy')).then(
      function () { answer(button, 'Copied'); }, function () { copyByHand(button); });
  });

  /*
   * A form is submitted once, however often its button is pressed; after ten seconds without a
   * response, or back on the page, it can be submitted again. A download leaves the page as it is, so
   * after it the others can be submitted at once. Not "disabled": that would lose the focus, and
   * Firefox would restore it.
   */
  var sent = null;
  function enable() {
    if (sent) sent.removeAttribute('aria-disabled');
    sent = null;
  }
  window.addEventListener('pageshow', enable);
  document.addEventListener('submit', function (event) {
    var button = event.submitter;
    if (sent) {
      event.preventDefault();
      return;
    }
    formKeep(event.target);
    sent = button || event.target;
    sent.setAttribute('aria-disabled', 'true');
    setTimeout(enable, button && button.hasAttribute('data-download') ? 0 : 10000);
  });

  /*
   * Passkeys. The button of such a form lets the browser use one, or make one; the answer is put into the
   * form, which is sent. Where the browser can, it also offers them in the field for the address.
   */
  var offered = null; /* what stops that offer: there can be one question at a time */
  function bytesOf(text) {
    return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), function (letter) { return letter.charCodeAt(0); });
  }
  function textOf(bytes) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(bytes || 0))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  }
  function passkeyMake(data) {
    return navigator.credentials.create({ publicKey: {
      challenge: bytesOf(data.challenge), attestation: 'none',
      rp: { id: data.site, name: data.server },
      user: { id: bytesOf(data.user), name: data.email, displayName: data.name },
      pubKeyCredParams: [-8, -7, -257].map(function (alg) { return { type: 'public-key', alg: alg }; }),
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      excludeCredentials: data.known.split(' ').filter(Boolean).map(function (id) { return { type: 'public-key', id: bytesOf(id) }; })
    } });
  }
  function passkeyUse(data, isOffer) {
    var request = { publicKey: { challenge: bytesOf(data.challenge), rpId: data.site, userVerification: 'required' } };
    if (offered) offered.abort();
    offered = null;
    if (isOffer) {
      offered = new AbortController();
      request.mediation = 'conditional';
      request.signal = offered.signal;
    }
    return navigator.credentials.get(request);
  }
  function passkeySend(form, credential) {
    var response = credential.response, values = {
      id: textOf(credential.rawId), client_data: textOf(response.clientDataJSON), signature: textOf(response.signature),
      authenticator_data: textOf(response.getAuthenticatorData ? response.getAuthenticatorData() : response.authenticatorData),
      user: textOf(response.userHandle)
    };
    Object.keys(values).forEach(function (name) { if (form.elements[name]) form.elements[name].value = values[name]; });
    form.requestSubmit();
  }
  function passkeyFail(form, error) {
    var all = Array.from(form.querySelectorAll('[data-failed]'));
    var shown = all.find(function (part) { return part.getAttribute('data-failed') === error.name; }) || all[0];
    all.forEach(function (part) { part.hidden = part !== shown; });
  }
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-passkey]');
    if (!button) return;
    (button.dataset.passkey === 'create' ? passkeyMake(button.dataset) : passkeyUse(button.dataset, false)).then(
      function (credential) { passkeySend(button.form, credential); }, function (error) { passkeyFail(button.form, error); });
  });
  function passkeysShow() {
    var has = !!window.PublicKeyCredential, button = document.querySelector('[data-passkey="get"]');
    document.querySelectorAll('[data-passkeys]').forEach(function (part) { part.hidden = !has; });
    document.querySelectorAll('[data-passkeys-missing]').forEach(function (part) { part.hidden = has; });
    if (!has || !button || !document.querySelector('[autocomplete~="webauthn"]') || !PublicKeyCredential.isConditionalMediationAvailable) return;
    PublicKeyCredential.isConditionalMediationAvailable().then(function (can) {
      return can && passkeyUse(button.dataset, true).then(function (credential) { passkeySend(button.form, credential); });
    }).catch(function () { /* not chosen */ });
  }

  /* A suggested name is replaced by typing. It is selected once the click that focuses it has put its
   caret; a busy browser may take a letter before, which must not be selected and replaced. */
  document.addEventListener('focusin', function (event) {
    var field = event.target;
    if (!field.matches('[data-suggested]')) return;
    requestAnimationFrame(function () {
      if (field.value === field.defaultValue) field.select();
    });
  });

  /* Keyboard shortcuts, except while typing in a field. templates/shortcuts.html tells them. */
  document.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
    var target = document.querySelector('[data-key="' + CSS.escape(event.key) + '"]');
    if (!target) return;
    event.preventDefault();
    if (target.matches('input')) target.focus(); else target.click();
  });

  /*
   * A chart answers: the time and the value of the point nearest to the pointer, or, with the focus,
   * chosen by the arrow keys. Both are read from what the server has drawn: bars with a data-text, or the
   * last path, whose steps are relative. data-from and data-step say when.
   */
  var here = null; /* the plot, the number of its point, and what is drawn over it */
  function plotPoints(plot) {
    var data = plot.dataset, box = plot.querySelector('svg').viewBox.baseVal, found = [];
    var bars = plot.querySelectorAll('[data-text]'), line = bars.length ? null : plot.querySelector('path:last-of-type');
    function add(x, y, text) {
      var at = new Date((Number(data.from) + Math.round(x / box.width * data.last) * data.step) * 1000);
      var day = { timeZone: 'UTC', day: 'numeric', month: 'short' };
      var time = { timeZone: 'UTC', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' };
      found.push({ x: x / box.width * 100, y: y / box.height * 100, text: at.toLocaleString('en-GB', data.step < 86400 ? time : day) + ': ' + text });
    }
    function value(y) {
      return Number((data.top * (1 - y / box.height)).toFixed(data.unit === 'GB' || data.top < 10 ? 1 : 0)) + (data.unit === '%' ? '' : ' ') + data.unit;
    }
    bars.forEach(function (bar) {
      add(bar.x.baseVal.value + bar.width.baseVal.value / 2, bar.y.baseVal.value, bar.getAttribute('data-text'));
    });
    (line ? line.getAttribute('d').split('M').slice(1) : []).forEach(function (run) {
      var steps = run.match(/-?\d*\.?\d+/g).map(Number), x = 0, y = 0;
      for (var i = 0; i + 1 < steps.length; i += 2) add(x += steps[i], y += steps[i + 1], value(y));
    });
    return found;
  }
  function plotClear() {
    if (here) here.over.remove();
    here = null;
  }
  function plotShow(plot, find) {
    var points = plotPoints(plot);
    var number = points.length && Math.max(0, Math.min(points.length - 1, find(points)));
    var point = points[number], over;
    function draw(name, values) {
      var element = document.createElementNS('http://www.w3.org/2000/svg', name);
      Object.keys(values).forEach(function (key) { element.setAttribute(key, values[key]); });
      (over || plot).appendChild(element);
      return element;
    }
    plotClear();
    if (!point) return;
    over = draw('svg', { class: 'here' });
    draw('line', { x1: point.x + '%', x2: point.x + '%', y2: '100%' });
    draw('circle', { cx: point.x + '%', cy: point.y + '%', r: 4 });
    draw('text', { x: point.x + '%', y: -6, 'text-anchor': point.x > 50 ? 'end' : 'start' }).textContent = point.text;
    here = { plot: plot, number: number, over: over };
  }
  function plotPointed(event) {
    var plot = event.target.closest('.plot[data-step]');
    if (!plot && here && here.plot !== document.activeElement) plotClear();
    if (plot) plotShow(plot, function (points) {
      var box = plot.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * 100;
      return points.reduce(function (best, point, i) {
        return Math.abs(point.x - x) < Math.abs(points[best].x - x) ? i : best;
      }, 0);
    });
  }
  document.addEventListener('pointermove', plotPointed);
  document.addEventListener('pointerdown', plotPointed);
  document.addEventListener('focusout', plotClear);
  document.addEventListener('keydown', function (event) {
    var plot = event.target.closest('.plot[data-step]');
    var step = { ArrowLeft: -1, ArrowRight: 1, Home: -1e3, End: 1e3 }[event.key];
    var said = document.getElementById('said');
    if (!plot || !step) return;
    event.preventDefault();
    plotShow(plot, function (points) { return here && here.plot === plot ? here.number + step : points.length - 1; });
    if (here && said) said.textContent = here.over.textContent;
  });
  document.addEventListener('htmx:afterSwap', function () {
    var number = here && here.number;
    if (here) plotShow(here.plot, function () { return number; });
  });

  /* One checkbox selects all of its page, and the bar above the list tells how many are selected. */
  function boxes(name) {
    return Array.from(document.querySelectorAll('input[name="' + CSS.escape(name) + '"][type="checkbox"]:enabled'));
  }
  function isChecked(box) { return box.checked; }
  function selectedShow() {
    document.querySelectorAll('[data-selected]').forEach(function (label) {
      var all = boxes(label.getAttribute('data-selected')), count = all.filter(isChecked).length;
      var every = document.querySelector('[data-check-all="' + label.getAttribute('data-selected') + '"]');
      if (count) label.textContent = count + ' selected';
      if (every) every.checked = count > 0 && count === all.length;
      if (every) every.indeterminate = count > 0 && count < all.length;
    });
  }
  /* With Shift, all between this one and the last. */
  var lastBox = null;
  document.addEventListener('click', function (event) {
    var box = event.target;
    if (!box.matches('tbody [type="checkbox"]')) return;
    var all = boxes(box.name), from = all.indexOf(lastBox), to = all.indexOf(box);
    if (event.shiftKey && from >= 0) all.slice(Math.min(from, to), Math.max(from, to)).forEach(function (other) { other.checked = box.checked; });
    lastBox = box;
    selectedShow();
  });
  document.addEventListener('change', function (event) {
    var name = event.target.getAttribute('data-check-all');
    if (name) boxes(name).forEach(function (box) { box.checked = event.target.checked; });
    selectedShow();
  });
  ['htmx:afterSwap', 'pageshow'].forEach(function (name) { window.addEventListener(name, selectedShow); });
  /* The bar hides once nothing is selected: a focus within it goes to the first row that was. */
  document.addEventListener('reset', function (event) {
    var label = event.target.querySelector('[data-selected]');
    var first = label && boxes(label.getAttribute('data-selected')).find(isChecked);
    if (first && event.target.contains(document.activeElement)) first.focus();
    setTimeout(selectedShow);
  });

  /* Of several parts that tell about a choice, the one of the chosen value is shown. */
  function choiceShow(input) {
    var parts = document.querySelectorAll('[data-choice="' + CSS.escape(input.name) + '"]');
    parts.forEach(function (part) {
      part.hidden = part.getAttribute('data-value') !== input.value;
    });
    parts.forEach(function (part) { if (part.closest('label')) optionDisable(part.closest('label')); });
  }
  /* An option with such a part, a reason against it, can't be chosen; the first that can is. */
  function optionDisable(label) {
    var option = label.querySelector('input'), rest;
    option.disabled = Boolean(label.querySelector('[data-choice]:not([hidden])'));
    if (!option.disabled || !option.checked) return;
    rest = Array.from(option.form.elements).find(function (other) { return other.name === option.name && !other.disabled; });
    if (rest) rest.click();
    else option.disabled = false; /* the server says why */
  }
  document.addEventListener('change', function (event) {
    if (event.target.matches('input[type="radio"]')) choiceShow(event.target);
  });
  /* Also when an image has become ready meanwhile. */
  ['htmx:afterSwap', 'pageshow'].forEach(function (name) {
    window.addEventListener(name, function () {
      document.querySelectorAll('input[type="radio"]').forEach(function (input) { if (input.checked) choiceShow(input); });
    });
  });

  /* Count the time of what is under way; when it takes longer than usual, its bar does not guess. */
  function tick() {
    document.querySelectorAll('[data-since-ms]').forEach(function (element) {
      var ms = Math.max(0, Date.now() - Number(element.getAttribute('data-since-ms')));
      var s = Math.floor(ms / 1000), min = Math.floor(s / 60);
      if (!element.matches('progress')) element.textContent = s < 100 ? s + ' s' : (min < 60 ? '' : Math.floor(min / 60) + ' h ') + min % 60 + ' min';
      else if (ms < element.max) element.value = ms;
      else element.removeAttribute('value');
    });
  }
  setInterval(tick, 200);

  document.addEventListener('DOMContentLoaded', function () {
    var invalid = document.querySelector('[aria-invalid="true"]');
    formReturn();
    passkeysShow();
    tick();
    if (invalid) invalid.focus();
    document.querySelectorAll('.toast').forEach(toastEnd);
  });
})();
