document.documentElement.classList.add('scripted');
const line = document.querySelector('.said');
const address = location.href.split(/[?#]/)[0];
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.id === 'print') return window.print();
  try {
    const form = button.dataset.copy;
    const text = form ? await (await fetch(`${address}.${form}`)).text() : address;
    await navigator.clipboard.writeText(text);
    line.textContent = line.dataset.copied;
  } catch { line.textContent = line.dataset.cannot; }
});
