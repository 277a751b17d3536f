// report.js: sorts, filters and copies; the page is complete without it. Text is only ever set as textContent.
(function () {
  'use strict';
  var root = document.documentElement;
  var table = document.getElementById('rows');
  var status = document.getElementById('status');
  var query = document.getElementById('q');
  var boxes = all('input[type=checkbox][id^=show-]');
  var radios = all('input[name=cols]');
  var heads = table ? all('thead th', table) : [];
  var body = table ? table.tBodies[0] : null;
  var rows = body ? Array.prototype.slice.call(body.rows) : [];
  var texts = [];            // lower-case text of each row, made when first needed
  var sorted = '';           // '' | 'time' | '-time'
  var setting = false;       // the hash is being set by us
  var keys = {};             // sort keys of each column, made when first needed
  var frozen = false;        // the columns keep their widths
  var rest = [];             // rows in order that are still to be put in
  var pending = 0;           // the timer that does it

  function all(selector, where) {
    return Array.prototype.slice.call((where || document).querySelectorAll(selector));
  }

  // The state of the view, as in '#?r=no-go,limits&q=cffi&sort=-time&cols=cost'.
  function readHash() {
    var state = {};
    if (location.hash.slice(0, 2) !== '#?') return null;
    location.hash.slice(2).split('&').forEach(function (part) {
      var at = part.indexOf('=');
      if (at < 1) return;
      try { state[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1)); } catch (e) { /* not ours */ }
    });
    return state;
  }

  function writeHash() {
    var parts = [];
    var shown = boxes.filter(function (b) { return b.checked; });
    var cols = radios.filter(function (r) { return r.checked; })[0];
    if (shown.length < boxes.length) parts.push('r=' + shown.map(function (b) { return b.value; }).join(','));
    if (query && query.value) parts.push('q=' + encodeURIComponent(query.value));
    if (sorted) parts.push('sort=' + sorted);
    if (cols && cols.value !== 'verdict') parts.push('cols=' + cols.value);
    var hash = parts.length ? '#?' + parts.join('&') : '#matrix';
    if (hash === location.hash || (!parts.length && !readHash())) return;
    setting = true;
    location.replace(hash);  // relative, and no entry in the history
  }

  function key(row, column, kind) {
    var cell = row.cells[column];
    var value = cell.getAttribute('data-v');
    if (kind === 't') return (value === null ? cell.textContent : value).toLowerCase();
    return value === null || value === '' ? NaN : Number(value);
  }

  // While rows move, the widths of the columns stand: working them out anew from all rows is most of the time.
  function freeze(on) {
    if (on === frozen) return;
    var widths = on ? heads.map(function (h) { return h.getBoundingClientRect().width; }) : [];
    heads.forEach(function (h, i) { h.style.width = widths[i] ? widths[i] + 'px' : ''; });
    table.style.tableLayout = on ? 'fixed' : '';
    frozen = on;
  }

  // How many rows reach down to the lower edge of the window, and a few more.
  function inSight() {
    var box = body.getBoundingClientRect();
    return Math.max(60, Math.ceil((innerHeight - box.top) / (box.height / body.rows.length || 1)) + 30);
  }

  // What is in sight is laid out at once; the rest follows, so that a click is answered before all rows are.
  function place(order) {
    clearTimeout(pending);
    var frame = table.parentElement;
    var at = Math.min(order.length, inSight());
    if (at < order.length) frame.style.minHeight = Math.max(frame.getBoundingClientRect().height, parseFloat(frame.style.minHeight) || 0) + 'px';
    freeze(true);  // after all that is measured
    body.replaceChildren.apply(body, order.slice(0, at));
    rest = order.slice(at);
    if (rest.length) pending = setTimeout(more, 30, 250);
  }

  function more(n) {
    clearTimeout(pending);
    body.append.apply(body, rest.splice(0, n));
    if (rest.length) pending = setTimeout(more, 0, n);
    else table.parentElement.style.minHeight = '';
  }

  // Rows without a value stay last in both directions; equal rows keep their order.
  function sort(name, down) {
    var column = heads.map(function (h) { return h.getAttribute('data-key'); }).indexOf(name);
    var order = rows.slice();
    sorted = '';
    if (column >= 0) {
      var kind = heads[column].getAttribute('data-kind');
      var made = keys[name] = keys[name] || rows.map(function (row) { return key(row, column, kind); });
      var keyed = rows.map(function (row, i) { return { row: row, i: i, k: made[i] }; });
      var empty = function (k) { return k === '' || k !== k; };
      keyed.sort(function (a, b) {
        if (empty(a.k) || empty(b.k)) return empty(a.k) - empty(b.k) || a.i - b.i;
        return (a.k < b.k ? -1 : a.k > b.k ? 1 : 0) * (down ? -1 : 1) || a.i - b.i;
      });
      order = keyed.map(function (e) { return e.row; });
      sorted = (down ? '-' : '') + name;
    }
    place(order);
    heads.forEach(function (h) { h.removeAttribute('aria-sort'); });
    if (column >= 0) heads[column].setAttribute('aria-sort', down ? 'descending' : 'ascending');
  }

  // All words must match; 'pkg:' looks at the name, 'fault:' at whose defect it is.
  function matches(i, words) {
    var row = rows[i];
    if (texts[i] === undefined) texts[i] = row.textContent.toLowerCase();
    return words.every(function (word) {
      if (word.slice(0, 4) === 'pkg:') return row.querySelector('th').textContent.toLowerCase().indexOf(word.slice(4)) >= 0;
      if (word.slice(0, 6) === 'fault:') return (row.getAttribute('data-f') || '').indexOf(word.slice(6)) >= 0;
      return texts[i].indexOf(word) >= 0;
    });
  }

  function filter() {
    var words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    var hiddenClass = {};
    boxes.forEach(function (b) { hiddenClass['r-' + b.value] = !b.checked; });
    var n = 0;
    rows.forEach(function (row, i) {
      row.hidden = words.length > 0 && !matches(i, words);
      if (!row.hidden && !hiddenClass[row.className]) n++;
    });
    status.textContent = n === rows.length ? '' : n + ' of ' + rows.length + ' packages shown';
  }

  // A link to a closed section opens it.
  function reveal() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    var inner = target.querySelector(':scope > details');
    if (inner) inner.open = true;
    for (var e = target; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
    target.scrollIntoView();
  }

  function apply() {
    var state = readHash();
    if (!state) { reveal(); return; }
    var shown = state.r === undefined ? null : state.r.split(',');
    boxes.forEach(function (b) { b.checked = !shown || shown.indexOf(b.value) >= 0; });
    radios.forEach(function (r) { r.checked = r.value === (state.cols || 'verdict'); });
    if (!radios.some(function (r) { return r.checked; })) radios[0].checked = true;
    query.value = state.q || '';
    var by = state.sort || '';
    sort(by.replace(/^-/, ''), by.charAt(0) === '-');
    filter();
    document.getElementById('matrix').scrollIntoView();
  }

  function copy(button) {
    var code = button.parentElement.querySelector('code');
    var done = function (ok) {
      button.textContent = ok ? 'copied' : 'press Ctrl+C';
      if (!ok) getSelection().selectAllChildren(code);
    };
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(function () { done(true); }, function () { done(false); });
    else done(false);  // pages opened from a file may not write to the clipboard
  }

  root.classList.add('js');
  all('.scripted').forEach(function (e) { e.hidden = false; });
  document.addEventListener('click', function (event) {
    var button = event.target.closest('button');
    if (!button) return;
    if (button.className.indexOf('copy') >= 0) copy(button);
    if (button.id === 'open-all' || button.id === 'close-all')
      all('.pkg > details').forEach(function (d) { d.open = button.id === 'open-all'; });
    if (button.className === 'sort') {
      var name = button.closest('th').getAttribute('data-key');
      sort(name, sorted === name);
      writeHash();
    }
  });
  if (table) {
    radios.forEach(function (b) { b.addEventListener('change', function () { freeze(false); }); });
    boxes.concat(radios).forEach(function (b) { b.addEventListener('change', function () { filter(); writeHash(); }); });
    addEventListener('resize', function () { freeze(false); });
    query.addEventListener('input', function () { filter(); writeHash(); });
  }
  addEventListener('hashchange', function () { if (setting) setting = false; else if (table) apply(); });
  addEventListener('beforeprint', function () {
    if (table) { more(rest.length); freeze(false); }
    all('.p-no-go > details').forEach(function (d) { d.open = true; });
  });
  if (table) apply();
})();
