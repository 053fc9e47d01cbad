// Tables: a button copies one as tab-separated text; filters hide rows.
'use strict';
carryscope.addCopy = (frame) => {
  const text = () => [...frame.querySelectorAll('tr:not([hidden])')]
    .map((row) => [...row.cells].map((cell) => cell.dataset.copy ?? cell.innerText.replace(/\s+/g, ' ').trim()).join('\t')).join('\n');
  const copy = carryscope.button('Copy', async (button) => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
    } catch {  // a page from disk may be refused the clipboard: the reader's own copy still works
      getSelection().selectAllChildren(frame.querySelector('table'));
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
  frame.append(carryscope.element('div', { class: 'tools' }, copy));
};
carryscope.withElement('.table', carryscope.addCopy);

carryscope.withElement('form[data-filters]', (form) => {
  const frame = document.getElementById(form.dataset.filters);
  const rows = [...frame.querySelectorAll('tbody tr')];
  const filter = () => {
    const wanted = [...form.querySelectorAll('select')].filter((select) => select.value !== '');
    let shown = 0;
    for (const row of rows) {
      row.hidden = !wanted.every((select) => row.dataset[select.name] === select.value);
      shown += !row.hidden;
    }
    form.querySelector('output').textContent = shown + ' of ' + rows.length + ' shown';
  };
  form.addEventListener('change', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  filter();
});
