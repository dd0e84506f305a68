/*
 * Conveniences on top of pages that work without them: copy buttons, running clocks, shortcuts,
 * questions before what cannot be undone, usage charts, and htmx's "unchanged" answers.
 */
'use strict';

(function () {
  /* htmx asks with the version it shows, and hears 304 when that is still right. */
  document.addEventListener('htmx:configRequest', function (event) {
    var version = event.detail.elt.getAttribute('data-version');
    if (version) event.detail.headers['If-None-Match'] = '"' + version + '"';
  });

  /* Open details and typed text survive the exchange of a live part. */
  var open = [];
  document.addEventListener('htmx:beforeSwap', function () {
    open = Array.from(document.querySelectorAll('#live details[open][id]'), function (d) { return d.id; });
  });
  document.addEventListener('htmx:afterSwap', function () {
    open.forEach(function (id) {
      var details = document.getElementById(id);
      if (details) details.open = true;
    });
    chart();
    tick();
  });

  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-copy]');
    if (!button || !navigator.clipboard) return;
    navigator.clipboard.writeText(button.getAttribute('data-copy')).then(function () {
      var words = button.firstChild.nodeValue;
      if (words === 'Copied') return;
      button.firstChild.nodeValue = 'Copied';
      setTimeout(function () { button.firstChild.nodeValue = words; }, 1500);
    });
  });

  document.addEventListener('submit', function (event) {
    var button = event.submitter;
    var question = button && button.getAttribute('data-confirm');
    if (question && !window.confirm(question)) event.preventDefault();
  });

  /* "c" creates; never while something is being typed. */
  document.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
    var target = document.querySelector('[data-key="' + CSS.escape(event.key) + '"]');
    if (target) target.click();
  });

  /* The step under way counts its seconds. */
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
    var words = document.createElement('figcaption');
    words.textContent = title;
    box.appendChild(words);
    element.appendChild(box);
    new uPlot({
      width: Math.max(160, box.clientWidth), height: 90,
      legend: { show: false }, cursor: { show: false },
      scales: { x: { time: true }, y: { range: function (u, least, most) { return [0, Math.max(top, most * 1.1)]; } } },
      axes: [
        { stroke: ink, size: 24, space: 70, grid: { show: false }, ticks: { show: false }, font: '11px Inter, sans-serif',
          values: function (u, splits) { return splits.map(function (at) { return new Date(at * 1000).toISOString().slice(11, 16); }); } },
        { stroke: ink, size: 40, space: 30, grid: { stroke: style.getPropertyValue('--line').trim(), width: 1 }, ticks: { show: false }, font: '11px Inter, sans-serif' },
      ],
      series: [{}, { stroke: leaf, width: 1.5, fill: leaf + '22', points: { show: times.length < 2 } }],
    }, [times, values], box);
  }

  function chart() {
    var element = document.getElementById('charts');
    if (!element || !window.uPlot || element.dataset.drawn) return;
    element.dataset.drawn = 'yes';
    fetch(element.getAttribute('data-usage'), { credentials: 'same-origin' })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (columns) {
        if (!columns || !columns[0].length) return;
        element.textContent = '';
        line(element, 'CPU, % of one core', columns[0], columns[1], 10);
        line(element, 'Memory, MB', columns[0], columns[2], 64);
      });
  }
  document.addEventListener('DOMContentLoaded', function () { chart(); tick(); });
  setInterval(function () {
    var element = document.getElementById('charts');
    if (element && !document.hidden) { delete element.dataset.drawn; chart(); }
  }, 60000);
})();
