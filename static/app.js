/*
 * Enhancements of pages that also work without scripts: copy buttons, running clocks, shortcuts,
 * confirmation of irreversible actions, protection from double submission, charts, and 304
 * responses for htmx.
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
  function formKeep(form) {
    var fields = Array.from(new FormData(form)).filter(function (field) {
      return !form.querySelector('input[type="hidden"][name="' + CSS.escape(field[0]) + '"]');
    });
    var isPrivate = fields.some(function (field) { return /PRIVATE/i.test(field[1]); });
    if (!fields.length || !document.querySelector('form[action="/signout"]')) return; /* a button, or signed out */
    keep(isPrivate ? null : { action: form.getAttribute('action'), fields: fields, at: Date.now() });
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
  function formReturn() {
    var entry = kept();
    var form = entry && document.querySelector('form[action="' + CSS.escape(entry.action) + '"]');
    var hint = document.getElementById('kept');
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

  /* htmx sends the version it shows, and gets 304 if that is still current. */
  document.addEventListener('htmx:configRequest', function (event) {
    var version = event.detail.elt.getAttribute('data-version');
    if (version) event.detail.headers['If-None-Match'] = '"' + version + '"';
  });

  /* Open details and the focus survive the replacement of a live part. */
  var open = [];
  var focused = '';
  document.addEventListener('htmx:beforeSwap', function () {
    focused = document.activeElement ? document.activeElement.id : '';
    open = Array.from(document.querySelectorAll('#live details[open][id]'), function (d) { return d.id; });
  });
  document.addEventListener('htmx:afterSwap', function () {
    open.forEach(function (id) {
      var details = document.getElementById(id);
      if (details) details.open = true;
    });
    var element = focused && document.getElementById(focused);
    if (element && document.activeElement === document.body) element.focus({ preventScroll: true });
    chart();
    tick();
  });

  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-copy]');
    if (!button || !navigator.clipboard) return;
    navigator.clipboard.writeText(button.getAttribute('data-copy')).then(function () {
      var label = button.firstChild.nodeValue;
      if (label === 'Copied') return;
      button.firstChild.nodeValue = 'Copied';
      setTimeout(function () { button.firstChild.nodeValue = label; }, 1500);
    });
  });

  /*
   * A form is submitted once, however often its button is pressed; after ten seconds without a
   * response, or back on the page, it can be submitted again. Not "disabled": that would lose the
   * focus, and Firefox would restore it.
   */
  var sent = null;
  function enable() {
    if (sent) sent.removeAttribute('aria-disabled');
    sent = null;
  }
  window.addEventListener('pageshow', enable);
  document.addEventListener('submit', function (event) {
    var button = event.submitter;
    var question = button && button.getAttribute('data-confirm');
    if (sent || (question && !window.confirm(question))) {
      event.preventDefault();
      return;
    }
    formKeep(event.target);
    sent = button || event.target;
    sent.setAttribute('aria-disabled', 'true');
    setTimeout(enable, 10000);
  });

  /* Keyboard shortcuts ("c" creates), except while typing in a field. */
  document.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
    var target = document.querySelector('[data-key="' + CSS.escape(event.key) + '"]');
    if (target) target.click();
  });

  /* Count the seconds of the running step. */
  function tick() {
    document.querySelectorAll('[data-since-ms]').forEach(function (element) {
      var seconds = Math.max(0, (Date.now() - Number(element.getAttribute('data-since-ms'))) / 1000);
      element.textContent = seconds.toFixed(1) + ' s';
    });
  }
  setInterval(tick, 200);

  function line(element, title, times, values, top) {
    var style = getComputedStyle(document.documentElement);
    var ink = style.getPropertyValue('--soft').trim();
    var leaf = style.getPropertyValue('--leaf').trim();
    var box = document.createElement('figure');
    var label = document.createElement('figcaption');
    label.textContent = title;
    box.appendChild(label);
    element.appendChild(box);
    /* For a single point, uPlot would show whole days. */
    var isSingle = times.length === 1;
    if (isSingle) {
      times = [times[0] - 600, times[0]];
      values = [null, values[0]];
    }
    new uPlot({
      width: Math.max(160, box.clientWidth), height: 90,
      legend: { show: false }, cursor: { show: false },
      scales: {
        x: { time: true, range: function (u, min, max) { return [Math.min(min, max - 600), max]; } },
        y: { range: function (u, min, max) { return [0, Math.max(top, max * 1.1)]; } },
      },
      axes: [
        { stroke: ink, size: 24, space: 70, grid: { show: false }, ticks: { show: false }, font: '11px Inter, sans-serif',
          values: function (u, splits) { return splits.map(function (at) { return new Date(at * 1000).toISOString().slice(11, 16); }); } },
        { stroke: ink, size: 40, space: 30, grid: { stroke: style.getPropertyValue('--line').trim(), width: 1 }, ticks: { show: false }, font: '11px Inter, sans-serif' },
      ],
      series: [{}, { stroke: leaf, width: 1.5, fill: leaf + '22', points: { show: isSingle } }],
    }, [times, values], box);
  }

  function chart() {
    var element = document.getElementById('charts');
    if (!element || !window.uPlot || element.dataset.drawn) return;
    element.dataset.drawn = 'yes';
    fetch(element.getAttribute('data-usage'), { credentials: 'same-origin' })
      .then(function (response) { return response.ok ? response.json() : null; })
      .then(function (columns) {
        if (!columns || !columns[0].length) return;
        element.textContent = '';
        line(element, 'CPU, % of one core', columns[0], columns[1], 10);
        line(element, 'Memory, MB', columns[0], columns[2], 64);
      });
  }
  function chartAgain() {
    var element = document.getElementById('charts');
    if (element && !document.hidden) { delete element.dataset.drawn; chart(); }
  }

  /* The cost of each day as bars, with the numbers from the table below. */
  function days() {
    var element = document.getElementById('days');
    var rows = element && window.uPlot ? document.querySelectorAll('#' + element.getAttribute('data-days') + ' tbody tr') : [];
    var until = rows.length ? Date.parse(element.getAttribute('data-until')) / 1000 : 0;
    var style = getComputedStyle(document.documentElement);
    var ink = style.getPropertyValue('--soft').trim();
    var leaf = style.getPropertyValue('--leaf').trim();
    var times = [], values = [];
    rows.forEach(function (row) {
      times.push(Date.parse(row.getAttribute('data-at')) / 1000);
      values.push(Number(row.getAttribute('data-millicents')) / 100000);
    });
    var max = Math.max.apply(null, [0].concat(values));
    if (!max) return; /* nothing to draw, or not this page */
    var box = document.createElement('figure');
    var label = document.createElement('figcaption');
    label.textContent = element.getAttribute('data-title');
    box.appendChild(label);
    element.textContent = '';
    element.appendChild(box);
    var decimals = max >= 10 ? 0 : max >= 0.1 ? 2 : 4;
    new uPlot({
      width: Math.max(200, box.clientWidth), height: 160,
      legend: { show: false }, cursor: { show: false }, tzDate: function (at) { return uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'); },
      scales: {
        x: { time: true, range: function () { return [times[0] - 43200, until - 43200]; } },
        y: { range: function () { return [0, max * 1.1]; } },
      },
      axes: [
        { stroke: ink, size: 24, space: 40, grid: { show: false }, ticks: { show: false }, font: '11px Inter, sans-serif', incrs: [86400, 2 * 86400, 7 * 86400],
          values: function (u, splits) { return splits.map(function (at) { return new Date(at * 1000).getUTCDate(); }); } },
        { stroke: ink, size: 56, space: 30, grid: { stroke: style.getPropertyValue('--line').trim(), width: 1 }, ticks: { show: false }, font: '11px Inter, sans-serif',
          values: function (u, splits) { return splits.map(function (value) { return value.toFixed(decimals); }); } },
      ],
      series: [{}, { stroke: leaf, width: 0, fill: leaf, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 40] }) }],
    }, [times, values], box);
  }

  document.addEventListener('DOMContentLoaded', function () { formReturn(); chart(); days(); tick(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', days);
  window.addEventListener('resize', days);
  setInterval(chartAgain, 60000);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', chartAgain);
})();
