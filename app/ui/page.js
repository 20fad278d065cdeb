// What the page does in the browser: buttons inside HTML become events of the component that this script belongs to
// (`act-NAME-WHAT` is a button's id), numbers lead to cards and back, texts are copied and saved, dialogs open.

const EVENTS = {
  why: 'select', open: 'select', comment: 'select', evidence: 'download', markdown: 'download', json: 'download',
  ask: 'submit', again: 'retry', up: 'like', down: 'like', correct: 'edit', conversation: 'option_select', delete: 'delete',
  quotes: 'apply', worded: 'apply', send: 'input', all: 'clear', right: 'select', seek: 'select', pick: 'input',
};
const said = document.createElement('div');
said.className = 'said';
said.setAttribute('role', 'status');
(document.querySelector('.gradio-container') ?? document.body).append(said);

function say(key) {
  const words = element.querySelector('.words');
  said.textContent = words?.dataset[key] ?? key;
  said.classList.add('on');
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { said.classList.remove('on'); said.textContent = ''; }, 2500);
}

async function copy(id) {
  const text = document.getElementById(id)?.textContent ?? '';
  try {
    await navigator.clipboard.writeText(text);
    say('copied');
  } catch {
    say('cannotCopy');
  }
}

function save(text, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
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

document.addEventListener('click', (event) => {
  const cite = event.target.closest('a.cite');
  if (cite) {
    event.preventDefault();
    const card = document.getElementById(cite.getAttribute('href').slice(1));
    mark(card, card);
    return;
  }
  const back = event.target.closest('.card a.number');
  if (back) {
    event.preventDefault();
    const link = document.querySelector(`a.cite[href="#s${back.id.slice('back-'.length)}"]`);
    mark(link?.closest('.statement, p, li, tr'), link);
    return;
  }
  const button = event.target.closest('button.act');
  if (!button) return;
  const [, name, what] = button.id.match(/^act-([a-z]+)-(.*)$/) ?? [];
  if (name === 'copy') copy(`notes-${what}`);
  else if (name === 'bibtex') copy(`bibtex-${what}`);
  else if (name === 'close') button.closest('dialog').close();
  else if (name) {
    const box = { send: 'comment-text', seek: 'right-words' }[name];
    const text = box ? document.getElementById(box).value : button.textContent.trim();
    const thanks = { send: 'thanks', pick: 'noted' }[name];
    if (thanks) { button.closest('dialog').close(); say(thanks); }
    trigger(EVENTS[name], { name, what, text });
  }
});

// Gradio reads the box some milliseconds after Enter, when the next question may stand there: what stood there at the key press
// counts, until the question leaves with it (`TAKE` in layout.py). One that nobody takes is old after a second.
document.addEventListener('keydown', (event) => {
  const box = event.target.closest?.('#question textarea');
  if (!box || event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  const at = performance.now();
  if (!box.pressed || at - box.pressed.at >= 1000) box.pressed = { text: box.value, at };
}, true);

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.isComposing || event.target.id !== 'right-words') return;
  event.preventDefault();
  event.target.closest('dialog').querySelector('[id^="act-seek-"]').click();
});

// The sidebar; it is there from its first opening on
function enter() {
  const first = document.querySelector('#sidebar :is(button, input)');
  if (first) first.focus({ preventScroll: true });
  else requestAnimationFrame(enter);
}
document.addEventListener('click', (event) => {
  const menu = event.target.closest('#menu');
  if (!menu) return;
  const open = document.querySelector('#main').classList.toggle('sidebar');
  menu.setAttribute('aria-expanded', open);
  if (open) enter();
});

// What Gradio's chat says to screen readers, mended: every message is labelled with its HTML source, where the message itself is
// to be read; the examples are called a list and are buttons.
// "Stop" takes the place of "Ask" while an answer comes (style.css); who stood on the one that goes must not lose their place.
function mend() {
  for (const message of document.querySelectorAll('#chat [data-testid][aria-label]')) message.removeAttribute('aria-label');
  document.querySelector('#chat .examples[role=list]')?.setAttribute('role', 'group');
  const lost = document.activeElement;
  if (lost?.closest?.('#send, #stop') && getComputedStyle(lost).display === 'none') document.querySelector('#question textarea')?.focus();
}
new MutationObserver(mend).observe(document.body, { subtree: true, childList: true });
mend();

document.querySelector('#menu')?.setAttribute('aria-expanded', 'false');

watch('value', () => {
  const words = element.querySelector('.words');
  if (words) document.documentElement.lang = words.lang;
  const file = element.querySelector('.delivery');
  if (file) save(file.textContent, file.title);
  const dialog = element.querySelector('dialog');
  if (!dialog) return;
  if (dialog.open) dialog.close();
  dialog.showModal();
  dialog.querySelector('mark')?.scrollIntoView({ block: 'center' });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
});

// An answer's own address is copied as soon as it is there.
EVENTS.link = 'select';
watch('value', () => {
  const link = element.querySelector('dialog a.link');
  if (link) copy(link.id);
});

// Conversations are called otherwise, and sought while one types: the list comes anew with the box in it, in which one goes on.
EVENTS.rename = 'select';
function retitle(button) {
  trigger('release', { name: 'retitle', what: button.id.slice('retitle-'.length), text: document.getElementById('rename-text').value });
  button.closest('dialog').close();
}
document.addEventListener('click', (event) => {
  const button = event.target.closest('button.retitle');
  if (button) retitle(button);
});
document.addEventListener('keydown', (event) => {
  if (event.target.id === 'rename-text' && event.key === 'Enter' && !event.isComposing) retitle(document.querySelector('button.retitle'));
});
let sought = null;
document.addEventListener('input', (event) => {
  if (event.target.id !== 'sought' || event.isComposing) return;
  sought = event.target.value;
  clearTimeout(seekSaved.timer);
  seekSaved.timer = setTimeout(seekSaved, 250);
});
function seekSaved() { trigger('key_up', { name: 'sought', text: sought }); }
new MutationObserver(() => {
  const box = document.getElementById('sought');
  if (sought === null || !box || document.activeElement !== document.body) return;
  box.value = sought;
  box.focus({ preventScroll: true });
}).observe(document.body, { subtree: true, childList: true });
document.addEventListener('focusout', (event) => { if (event.target.id === 'sought' && event.relatedTarget) sought = null; });
