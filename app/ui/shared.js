document.documentElement.classList.add('scripted');
const said = document.querySelector('.said');
const address = location.href.split(/[?#]/)[0];
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.id === 'print') return window.print();
  try {
    const given = button.dataset.copy;
    const text = given ? await (await fetch(`${address}.${given}`)).text() : address;
    await navigator.clipboard.writeText(text);
    said.textContent = said.dataset.copied;
  } catch { said.textContent = said.dataset.cannot; }
});
