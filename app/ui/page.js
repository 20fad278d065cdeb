// What the page does in the browser: buttons inside HTML become events of the component that this script belongs to
// (`act-NAME-WHAT` is a button's id), numbers lead to cards and back, texts are copied and saved, dialogs open.

const EVENTS = {
  about: 'select', why: 'select', references: 'select', open: 'select', place: 'select', comment: 'select', evidence: 'download', markdown: 'download', word: 'download', json: 'download',
  ask: 'submit', again: 'retry', wide: 'retry', up: 'like', down: 'like', correct: 'edit', form: 'submit', conversation: 'option_select', delete: 'select',
  quotes: 'apply', worded: 'apply', send: 'input',
  get: 'select', fetch: 'upload', // an original
  read: 'expand', unread: 'collapse', drop: 'select', // a document; the list of documents:
  leaf: 'tick', toggle: 'tick', only: 'tick', shown: 'tick', all: 'clear',
  link: 'select', share: 'select', rename: 'select', retitle: 'release', pin: 'release', unpin: 'release',
};
const $ = (selector) => document.querySelector(selector);
const said = document.createElement('div');
said.className = 'said';
said.setAttribute('role', 'status');
(document.querySelector('.gradio-container') ?? document.body).append(said);

// The first stop of the keyboard leads past the first line to the question.
const skip = document.createElement('a');
skip.className = 'skip sr';
skip.href = '#question';
skip.addEventListener('click', (event) => {
  event.preventDefault();
  tab(0);
  $('#question textarea').focus();
});
document.body.prepend(skip);

function say(key) {
  const words = element.querySelector('.words');
  said.textContent = words?.dataset[key] ?? key;
  said.classList.add('on');
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { said.classList.remove('on'); said.textContent = ''; }, 2500);
}

async function copy(id, done = 'copied') {
  const text = document.getElementById(id)?.textContent ?? '';
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    say('cannotCopy');
  }
}

function save(content, name, type = 'text/plain;charset=utf-8') {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say('saved');
}

function mark(target, focus) {
  if (!target) return;
  for (const old of document.querySelectorAll('.here')) old.classList.remove('here');
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target.classList.add('here');
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  target.scrollIntoView({ block: 'nearest', behavior: still ? 'auto' : 'smooth' });
  focus.focus({ preventScroll: true });
}

// What a number quotes is shown above it where the conversation has no room below.
function lift(event) {
  const tip = event.target.closest?.('a.cite')?.nextElementSibling;
  if (!tip?.matches('.tip')) return;
  tip.style.removeProperty('translate');
  const log = tip.closest('[role="log"]').getBoundingClientRect();
  const below = tip.getBoundingClientRect(), number = tip.previousElementSibling.getBoundingClientRect();
  const up = below.bottom - number.top;
  if (below.bottom > log.bottom && below.top - up >= log.top) tip.style.translate = `0 ${-up}px`;
}
for (const kind of ['pointerover', 'focusin']) document.addEventListener(kind, lift);

// A menu goes up from its sign, or down if there is no room above it.
document.addEventListener('toggle', ({ target }) => {
  const menu = target.querySelector('.menu'), log = target.closest('[role="log"]');
  menu?.classList.remove('down');
  if (menu && log && menu.getBoundingClientRect().top < log.getBoundingClientRect().top) menu.classList.add('down');
}, true);

// On a narrow screen the sources lie over the conversation, from a number or the sources' button until they are closed.
let opener = null;
function sources(open, from) {
  if (open && !matchMedia('(max-width: 899px)').matches) return;
  $('#main').classList.toggle('aside', open);
  if (open) opener = from;
  else opener?.focus({ preventScroll: true });
  if (!open) opener = null;
}
const over = () => $('#main')?.classList.contains('aside');

function tab(number) {
  document.querySelectorAll('#tabs .tab-container:not(.visually-hidden) [role=tab]')[number]?.click();
}

document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details.more[open]')) {
    if (!menu.contains(event.target) || event.target.closest('button')) menu.open = false;
  }
  const cite = event.target.closest('a.cite');
  if (cite) {
    event.preventDefault();
    const card = document.getElementById(cite.getAttribute('href').slice(1));
    sources(true, cite);
    mark(card, card);
    return;
  }
  if (event.target.closest('#unside')) sources(false);
  const place = event.target.closest('.outline a');
  if (place) {
    event.preventDefault();
    const heading = document.getElementById(place.getAttribute('href').slice(1));
    heading.scrollIntoView({ block: 'start' });
    heading.focus({ preventScroll: true });
    return;
  }
  const back = event.target.closest('.card a.number');
  if (back) {
    event.preventDefault();
    const link = document.querySelector(`a.cite[href="#s${back.id.slice('back-'.length)}"]`);
    sources(false);
    mark(link?.closest('.statement, p, li, tr'), link);
    return;
  }
  const button = event.target.closest('button.act');
  if (!button) return;
  const [, name, what] = button.id.match(/^act-([a-z]+)-(.*)$/) ?? [];
  if (name === 'copy') copy(`notes-${what}`);
  else if (name === 'reference') copy(`reference-${what}`);
  else if (name === 'cite') copy(`note-${what}`, 'cited');
  else if (name === 'address') copy(`link-${what}`);
  else if (name === 'close') button.closest('dialog').close();
  else if (name === 'tab') tab(what);
  else if (name === 'sources') {
    sources(true, button);
    const first = document.getElementById(`s${what}-1`);
    mark(first ?? $('.sources'), first ?? $('.sources'));
  } else if (name === 'next') leap();
  else if (name === 'rewrite') rewrite(button, what);
  else if (name) {
    const box = { send: 'comment-text', retitle: 'rename-text' }[name];
    const text = box ? document.getElementById(box).value : button.textContent.trim();
    if (name === 'send' || name === 'retitle') button.closest('dialog').close();
    if (name === 'send') say('thanks');
    const only = name === 'ask' && button.closest('[data-only]')?.dataset.only; // it was found to answer this
    if (name === 'wide') choose({ name: 'all', what });
    if (only) choose({ name: 'only', what: only });
    if (CHOICES.includes(EVENTS[name])) choose({ name, what });
    else if (['submit', 'retry'].includes(EVENTS[name])) pose(() => trigger(EVENTS[name], { name, what, text }));
    else trigger(EVENTS[name], { name, what, text });
    if (name === 'ask' || name === 'only') tab(0);
    if (name === 'correct') $('#question textarea').focus();
    if (name === 'only') sources(false);
    if (name === 'only') setTimeout(() => $('#question textarea')?.focus(), 100);
  }
});

// A choice of documents holds from the press on: the server makes one after the other (`wire` in documents_tab.py dispatches
// `chosen`), and a question waits until all are made.
const CHOICES = ['tick', 'clear'], choices = [];
let choosing = false, waiting = null;
function choose(data) {
  choices.push(data);
  next();
}
function pose(question) {
  waiting = question;
  next();
}
function next() {
  if (choosing) return;
  const choice = choices.shift(), question = waiting;
  choosing = Boolean(choice);
  if (choice) return trigger(EVENTS[choice.name], choice);
  waiting = null;
  question?.();
}
document.addEventListener('chosen', () => {
  choosing = false;
  next();
});
for (const kind of ['click', 'keydown']) {
  document.addEventListener(kind, (event) => {
    if (!choosing || !event.target.closest?.(kind === 'click' ? '#send' : '#question textarea') || (kind === 'keydown' && !sends(event))) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    pose(() => $('#send').click());
  }, true);
}
// Arrow-up in an empty box brings the last question back.
document.addEventListener('keydown', (event) => {
  const box = event.target.closest?.('#question textarea'), asked = questions().pop();
  if (event.key !== 'ArrowUp' || !asked || !box || box.value) return;
  event.preventDefault();
  put(asked.innerText.trim());
});
function put(text) {
  const box = $('#question textarea');
  box.value = text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.focus();
}
function labelled(key, kind) {
  const button = document.createElement('button');
  button.className = `act ${kind}`;
  button.textContent = element.querySelector('.words').dataset[key];
  return button;
}

// A question is edited where it stands: its bubble becomes a field. The answer to the last one is replaced, an earlier one is asked anew.
function rewrite(button, what) {
  const bubble = button.closest('.message-row').previousElementSibling.querySelector('.message-content');
  if (bubble.hidden) return;
  const form = document.createElement('form'), field = document.createElement('textarea'), cancel = labelled('cancel', 'text');
  const asked = bubble.innerText.trim(), close = () => { form.remove(); bubble.hidden = false; };
  form.className = 'edit';
  field.value = asked;
  field.setAttribute('aria-label', button.title);
  cancel.type = 'button';
  cancel.addEventListener('click', () => { close(); button.focus(); });
  form.append(field, labelled('save', 'primary'), cancel);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    close();
    if (text && text !== asked) pose(() => trigger('submit', { name: 'edited', what, text }));
    $('#question textarea').focus();
  });
  form.addEventListener('keydown', (event) => {
    if (sends(event)) form.requestSubmit();
    else if (event.key === 'Escape') cancel.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  bubble.hidden = true;
  bubble.after(form);
  field.select();
}

// A question that is typed while an answer comes waits in a line above the box, which says so. "Stop" gives it back, and so does its button.
const later = document.createElement('p');
later.className = 'later';
later.setAttribute('role', 'status');
const busy = () => $('#chat :is(.busy, .partial)');
const asked = () => questions().map((question) => question.innerText).join('\n');
let queued = '';
function queue(text) {
  clearInterval(queue.timer);
  queued = text;
  later.remove();
  if (!text) return;
  const before = asked(), back = labelled('cancel', 'text');
  back.addEventListener('click', unqueue);
  later.replaceChildren(`${element.querySelector('.words').dataset.later} ${text} `, back);
  $('#asking').before(later);
  queue.timer = setInterval(() => { // the page takes no question in the moment in which an answer ends
    if (asked() !== before) queue('');
    else if (!busy()) pose(() => trigger('submit', { name: 'form', text }));
  }, 250);
}
function unqueue() { if (queued) put(queued); queue(''); }
document.addEventListener('click', (event) => { if (event.target.closest?.('#stop')) unqueue(); }, true);
function questions() { return [...document.querySelectorAll('#chat [data-testid="user"]')]; }
function sends(key) { return key.key === 'Enter' && !key.shiftKey && !key.isComposing; }

// Escape closes what is open and nothing else: a list of choices that is unfolded closes itself.
let unfolded = false;
document.addEventListener('keydown', (event) => {
  unfolded = event.target.tagName === 'INPUT' && event.target.getAttribute('aria-expanded') === 'true';
  if (unfolded && event.key === 'Escape') event.preventDefault();
}, true);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || unfolded || document.querySelector('dialog[open], :popover-open')) return;
  const menu = document.querySelector('details.more[open]');
  if (menu) {
    menu.open = false;
    menu.querySelector('summary').focus();
  } else if (over() && $('#unside').checkVisibility()) sources(false);
  else if ($('#main').classList.contains('sidebar')) $('#menu').click();
});

// Gradio reads the box some milliseconds after Enter, when the next question may stand there: what stood there at the key press
// counts, until the question leaves with it (`TAKE` in layout.py). Until then another Enter does nothing: it would ask the same
// once more. One that nobody takes is old after three seconds.
document.addEventListener('keydown', (event) => {
  const box = event.target.closest?.('#question textarea');
  if (!box || !sends(event)) return;
  const at = performance.now();
  if (box.pressed && at - box.pressed.at < 3000) {
    event.stopImmediatePropagation();
    event.preventDefault();
  } else if (!busy()) box.pressed = { text: box.value, at };
  else if (box.value.trim() && !queued) {
    event.stopImmediatePropagation();
    event.preventDefault();
    queue(box.value.trim());
    put('');
  }
}, true);

// The sidebar; it is there from its first opening on
function enter(first) {
  const here = $(first);
  if (!here) return requestAnimationFrame(() => enter(first));
  here.focus({ preventScroll: true });
}
document.addEventListener('click', (event) => {
  if (!event.target.closest('#menu')) return;
  const elsewhere = !$('#main').checkVisibility();
  if (elsewhere) tab(0);
  const open = elsewhere || !$('#main').classList.contains('sidebar');
  $('#main').classList.toggle('sidebar', open);
  $('#menu').setAttribute('aria-expanded', open);
  if (open) enter('#saved :is(button, input, p)');
  else $('#menu').focus();
});

// The settings are a dialog above the page. Gradio builds it at the first click, which may come before this script does.
function settings() {
  const dialog = $('#settings:not([popover])'), set = $('#set');
  if (!dialog?.querySelector('input')) return;
  const close = labelled('close', '');
  Object.assign(dialog, { popover: 'auto', role: 'dialog', ariaLabel: set.title });
  close.popoverTargetElement = set.popoverTargetElement = dialog;
  dialog.prepend(close);
  close.autofocus = true;
  dialog.showPopover({ source: set });
}

// To where documents are added: its file box, as soon as the tab has it. Files that are dropped on the chat go into it.
function attach(dropped, tries = 300) {
  const fold = $('#adding button.label-wrap'), files = $('#files button');
  if (fold && !fold.matches('.open')) fold.click();
  if (!files?.checkVisibility()) {
    if (tries) requestAnimationFrame(() => attach(dropped, tries - 1));
    return;
  }
  files.focus();
  files.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
}
// The clip opens the browser's choice of files. What was chosen or dropped is added, and then asked about.
const picker = document.createElement('input');
let returning = false;
picker.type = 'file';
picker.multiple = picker.hidden = true;
document.body.append(picker);
document.addEventListener('click', (event) => { if (event.target.closest('#attach')) picker.click(); });
picker.addEventListener('change', () => {
  take(picker.files);
  picker.value = '';
});
function take(files) {
  const dropped = new DataTransfer(); // the browser empties its own as soon as its event is over
  for (const file of files) dropped.items.add(file);
  returning = true;
  tab(1);
  attach(dropped);
}
document.addEventListener('added', () => {
  const ids = ($('#said [data-new]')?.dataset.new ?? '').split(' ').filter(Boolean);
  if (returning && ids.length) tab(0);
  if (returning) ids.forEach((what, n) => choose({ name: n ? 'toggle' : 'only', what }));
  returning = false;
});
for (const kind of ['dragover', 'drop']) {
  document.addEventListener(kind, (event) => {
    if (!event.target.closest?.('#talk') || !$('#attach') || !event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    if (kind === 'dragover') return;
    take(event.dataTransfer.files);
  });
}

// A visitor who comes to a filter types in the place of its value.
document.addEventListener('focusin', (event) => { if (event.target.matches('#finding input')) event.target.select(); });

// Search in the document that is read: what is found is marked without a change of the text.
let found = [], at = -1;
function seek(words) {
  found = [];
  at = -1;
  const text = $('.reader div.text');
  if (words.trim().length > 1 && text) {
    const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), low = words.trim().toLowerCase();
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const here = node.data.toLowerCase();
      for (let start = here.indexOf(low); start >= 0; start = here.indexOf(low, start + low.length)) {
        const range = new Range();
        range.setStart(node, start);
        range.setEnd(node, start + low.length);
        found.push(range);
      }
    }
  }
  globalThis.CSS.highlights?.set('found', new Highlight(...found));
  const said = element.querySelector('.words')?.dataset.foundPlaces ?? '{n}';
  $('.inside .found').textContent = words.trim().length > 1 ? said.replace('{n}', found.length) : '';
  $('.inside button').hidden = words.trim().length > 1 && !found.length;
  if (found.length) leap();
}
function leap() {
  if (!found.length) return;
  at = (at + 1) % found.length;
  globalThis.CSS.highlights?.set('here', new Highlight(found[at]));
  const box = found[at].startContainer.parentElement;
  box.closest('details')?.setAttribute('open', '');
  box.scrollIntoView({ block: 'center' });
}
document.addEventListener('input', (event) => { if (event.target.id === 'inside') seek(event.target.value); });
document.addEventListener('keydown', (event) => {
  if (event.target.id === 'inside' && event.key === 'Enter' && !event.isComposing) leap();
});

// A document that opens is read from its beginning; when it closes one stands where one was in the list.
let reading = null, stood = null;
function turn() {
  const reader = $('#opened .reader'), now = reader?.id ?? null;
  if (now === reading) return;
  if (reader) {
    if (!reading) scrollTo(0, 0);
    reader.querySelector('h2').focus({ preventScroll: true });
  } else stood = `act-read-${reading.slice('reader-'.length)}`; // `stand` waits for it: the list may come after the reader goes
  reading = now;
}

// The list comes anew when one of its buttons was pressed; who stood on it stands there again.
document.addEventListener('focusin', (event) => { stood = event.target.closest('#listing button')?.id ?? null; });
document.addEventListener('pointerdown', (event) => { if (!event.target.closest('#listing button')) stood = null; });
function stand() {
  if (stood && document.activeElement === document.body) document.getElementById(stood)?.focus({ preventScroll: true });
}

// A new question goes up as far as there is room, so that its answer is read from its beginning; who scrolls stays there.
let newest = '', following = false;
function follow() {
  const all = questions(), last = all.at(-1), now = last ? `${all.length} ${last.innerText}` : '';
  if (now !== newest) [newest, following] = [now, Boolean(last)];
  if (!following) return;
  const log = last.closest('[role="log"]'), line = last.closest('.message-row') ?? last;
  log.scrollTop += line.getBoundingClientRect().top - log.getBoundingClientRect().top - 8;
}
for (const kind of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
  document.addEventListener(kind, (event) => { if (event.target.closest?.('#chat, #sources')) following = false; }, { passive: true });
}

// What Gradio's chat says to screen readers, mended: every message is labelled with its HTML source, where the message itself is
// to be read. Buttons that are drawn as signs say on hovering what they are.
// "Stop" takes the place of "Ask" while an answer comes, and the first screen goes (style.css); who stood on what goes must not
// lose their place.
function mend() {
  for (const message of document.querySelectorAll('#chat [data-testid][aria-label]')) message.removeAttribute('aria-label');
  for (const button of document.querySelectorAll('#again, #attach, #menu, #set')) button.title = button.textContent.trim();
  const menu = $('#menu'), words = element.querySelector('.words'), dialog = $('#settings[popover]');
  if (dialog) dialog.ariaLabel = $('#set').title;
  if (dialog && words) dialog.firstElementChild.ariaLabel = words.dataset.close;
  if (menu) menu.ariaExpanded ??= 'false';
  if (menu && words) menu.dataset.word = words.dataset.menu;
  const drop = $('#files [data-testid="upload-text"]'); // instead of Gradio's own words
  if (drop && words) drop.dataset.word = words.dataset.dropFiles;
  const box = $('#question textarea'), placeholder = $('.welcome')?.dataset.placeholder;
  if (placeholder && box && box.placeholder !== placeholder) box.placeholder = placeholder;
  if (box && !mend.begun && document.activeElement === document.body) box.focus({ preventScroll: true });
  mend.begun ||= Boolean(box);
  if (words && skip.textContent !== words.dataset.skip) skip.textContent = words.dataset.skip; // else it would be mended for ever
  turn();
  stand();
  follow();
  address();
  reopen();
  const lost = document.activeElement;
  if (lost?.closest?.('#send, #stop, #welcome') && !lost.checkVisibility()) document.querySelector('#question textarea')?.focus();
}

// A conversation has an address, `?c=ID`: it survives a reload, and the browser goes back and forward between them.
let addressed = null;
function address() {
  const now = $('.sources')?.dataset.conversation;
  if (now === undefined || now === addressed) return;
  const first = addressed === null, url = new URL(location);
  addressed = now;
  if ((url.searchParams.get('c') ?? '') === now) return;
  if (now) url.searchParams.set('c', now);
  else url.searchParams.delete('c');
  history[first ? 'replaceState' : 'pushState'](null, '', url);
}
// A conversation that is deleted is left first. An Undo before that opens it once it is left: of two events the second may come first.
let leaving = '', back = '';
function reopen() {
  if (!leaving || addressed === leaving || (!addressed && $('#chat [data-testid="user"]'))) return;
  const what = addressed ? '' : back;
  leaving = back = '';
  if (what) trigger('option_select', { name: 'conversation', what });
}
addEventListener('popstate', () => {
  const what = new URL(location).searchParams.get('c');
  if (what) trigger('option_select', { name: 'conversation', what });
  else $('#again').click();
});

watch('value', () => {
  const words = element.querySelector('.words');
  if (words) document.documentElement.lang = words.lang;
  const file = element.querySelector('.delivery');
  if (file?.matches('.packed')) save(Uint8Array.from(atob(file.textContent), (c) => c.charCodeAt(0)), file.title, '');
  else if (file) save(file.textContent, file.title);
  const dialog = element.querySelector('dialog');
  if (!dialog) return;
  if (dialog.open) dialog.close();
  dialog.showModal();
  dialog.querySelector('mark')?.scrollIntoView({ block: 'center' });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
});

// The address of an answer or a conversation is copied as soon as it is there, unless it opens on this computer alone, which is to be read first.
watch('value', () => {
  const link = element.querySelector('dialog a.link:not(.local)');
  if (link) copy(link.id);
});

// What is deleted goes after some seconds, within which the visitor can undo it; where the page is closed before, it stays. A
// conversation that is open, or a document, is left at once. Whoever deletes a second thing has undone nothing of the first.
const bar = document.createElement('div'), veil = new CSSStyleSheet();
bar.className = 'undoing';
bar.setAttribute('role', 'status');
said.after(bar);
document.adoptedStyleSheets.push(veil);
let going = null;
watch('value', () => {
  const told = element.querySelector('.going');
  if (!told) return;
  settle(true);
  const [, name, what] = told.id.match(/^going-([a-z]+)-(.*)$/);
  const open = name === 'drop' || addressed === what;
  going = { name, what, open, timer: setTimeout(settle, 1000 * told.dataset.seconds, true) };
  const counts = name === 'drop' ? `:is(#state, #listing:has(#act-read-${what})) .count { --less: visible; visibility: hidden; }` : '';
  veil.replaceSync(`:is(li, tr):has(#act-delete-${what}, #act-read-${what}) { display: none; } ${counts}`);
  bar.replaceChildren(...told.cloneNode(true).childNodes);
  bar.querySelector('button').focus();
  if (name === 'drop') leave($('#opened'));
  else if (open) {
    [leaving, back] = [what, ''];
    trigger('option_select', { name: 'conversation', what: '' });
  }
});
// The document that is read stays behind the list until another takes its place.
function leave(reader) {
  const read = () => reader.querySelector('.reader')?.id, left = read();
  reader.toggleAttribute('data-left', true);
  new MutationObserver((_, seen) => {
    if (read() === left) return; // it was drawn again in another language
    reader.removeAttribute('data-left');
    seen.disconnect();
  }).observe(reader, { subtree: true, childList: true });
}
function settle(carriedOut) {
  if (!going) return;
  const { name, what, open, timer } = going;
  going = null;
  clearTimeout(timer);
  if (bar.contains(document.activeElement)) $('#menu').focus();
  bar.replaceChildren();
  veil.replaceSync('');
  if (carriedOut) trigger({ delete: 'delete', drop: 'undo' }[name], { name, what });
  else if (name === 'drop') $('#opened').removeAttribute('data-left');
  else if (open && leaving === what) back = what;
  else if (open && !$('#chat [data-testid="user"]')) trigger('option_select', { name: 'conversation', what });
}
bar.addEventListener('click', (event) => { if (event.target.closest('.undo')) settle(false); });

// On paper a conversation is black on white, with the sources of all its answers.
let onScreen = () => {};
addEventListener('beforeprint', () => {
  const dark = document.body.classList.contains('dark'), folded = [...document.querySelectorAll('.sources details:not([open])')];
  onScreen = () => { document.body.classList.toggle('dark', dark); for (const fold of folded) fold.open = false; };
  document.body.classList.remove('dark');
  for (const fold of folded) fold.open = true;
});
addEventListener('afterprint', () => onScreen());

document.addEventListener('keydown', (event) => {
  if (event.target.id !== 'rename-text' || event.key !== 'Enter' || event.isComposing) return;
  event.preventDefault(); // else the same key presses the button that has the focus once the form is gone
  event.target.closest('dialog').querySelector('[id^="act-retitle-"]').click();
});

// Conversations are sought while one types: the list comes anew with the box in it, in which one goes on.
let sought = null; // until the visitor turns to something else
document.addEventListener('input', (event) => {
  if (event.target.id !== 'sought' || event.isComposing) return;
  sought = event.target.value;
  clearTimeout(seekSaved.timer);
  seekSaved.timer = setTimeout(seekSaved, 250, sought);
});
function seekSaved(text) { trigger('key_up', { name: 'sought', text }); }
function refocus() {
  const box = document.getElementById('sought');
  if (sought === null || !box || document.activeElement === box) return;
  box.value = sought;
  box.focus({ preventScroll: true });
}
document.addEventListener('pointerdown', (event) => { if (event.target.id !== 'sought') sought = null; });
document.addEventListener('keydown', (event) => { if (['Tab', 'Escape'].includes(event.key)) sought = null; });

const changed = () => { settings(); mend(); refocus(); };
new MutationObserver(changed).observe(document.body, { subtree: true, childList: true });
changed();
