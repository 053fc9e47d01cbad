// The trace: a sum typed into the page runs through the model, step by step.
'use strict';
{
  const { element } = carryscope;
  const digitOf = (layout, token) => layout.digit_tokens.indexOf(token);
  const spell = (layout, token) => {
    const digit = digitOf(layout, token);
    return digit >= 0 ? String(digit) : token === layout.end_token ? 'end' : '⟨' + token + '⟩';
  };
  const placeName = (slot) => ('token' in slot ? 'end' : (slot.digit || 's') + '\u2009' + slot.place);
  const digitsOf = (value, count) => value.toString().padStart(count, '0').split('');

  // Written below each other as on paper: carries, a, b, the sum, and what the model says.
  const written = (layout, a, b, result) => {
    const width = layout.digits + 1;
    const grid = element('div', { class: 'places', style: `grid-template-columns: auto repeat(${width}, auto)` });
    const line = (name, cells, kind = '') => {
      grid.append(element('span', { class: 'name ' + kind }, name));
      cells.forEach((cell) => grid.append(cell instanceof Node ? cell : element('span', { class: kind }, cell)));
    };
    const carries = [];
    for (let place = width - 1, modulus; place >= 0; --place) {
      modulus = 10n ** BigInt(place);
      carries.push((a % modulus) + (b % modulus) >= modulus ? '1' : '');
    }
    line('carry', carries, 'carry');
    line('a', ['', ...digitsOf(a, width - 1)]);
    line('b', ['+', ...digitsOf(b, width - 1)]);
    line('sum', digitsOf(a + b, width), 'rule');
    const said = Array(width).fill('');
    for (const step of result.steps) {
      if ('token' in step.slot) continue;
      const right = step.generated === step.expected;
      said[width - 1 - step.slot.place] = element('span', { class: right ? '' : 'wrong' }, spell(layout, step.generated));
    }
    line('model', said);
    return element('div', { class: 'sum mono', tabindex: '0', role: 'region', 'aria-label': 'The sum, written out' }, grid);
  };

  const stepTable = (layout, result, choose) => {
    const body = element('tbody');
    const largest = Math.max(...result.steps.map((step) => Math.abs(step.margin)));
    result.steps.forEach((step, t) => {
      const right = step.generated === step.expected;
      const bar = element('span', { class: 'bar' + (step.margin > 0 ? '' : ' below'), style: `width:${(5 * Math.abs(step.margin)) / largest}rem` });
      const margin = element('td', {}, element('span', { class: 'number' }, step.margin.toFixed(3) + ' '), bar);
      const row = element('tr', { tabindex: '0' },
        element('th', { scope: 'row' }, String(t)), element('td', {}, placeName(step.slot)),
        element('td', { class: 'number' }, spell(layout, step.token)), element('td', { class: 'number' }, spell(layout, step.expected)),
        element('td', { class: 'number' }, right ? spell(layout, step.generated) : element('span', { class: 'wrong' }, spell(layout, step.generated))), margin);
      const pick = () => {
        body.querySelectorAll('.chosen').forEach((other) => other.classList.remove('chosen'));
        row.classList.add('chosen');
        choose(step, t);
      };
      row.addEventListener('click', pick);
      row.addEventListener('keydown', (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); pick(); } });
      body.append(row);
    });
    const head = element('tr', {}, ...['Step', 'Writes', 'Reads', 'True', 'Model', 'Margin (logits)'].map((t) => element('th', { scope: 'col' }, t)));
    const caption = element('caption', {}, 'Choose a step to see its attention, logits and neurons');
    return element('div', { class: 'scroll' }, element('table', {}, caption, element('thead', {}, head), body));
  };

  const heat = (weight, text, title) => element('td', { class: 'heat', title,
    style: `background: color-mix(in srgb, var(--accent) ${Math.round(100 * weight)}%, transparent)` + (weight > 0.6 ? '; color: var(--panel)' : '') }, text);

  // Attention of a head at every step: a row for each step, a column for each position that is read.
  const attentionTable = (model, result, layer, head, chosen) => {
    const { layout } = model;
    const slots = [...layout.prompt, ...layout.answer];
    const label = (p) => ('token' in slots[p] ? '' : (slots[p].digit || 's') + slots[p].place);
    const caption = `Attention of layer ${layer}, head ${head}, in %: a row for each step, a column for each token read`;
    const table = element('table', { class: 'heatmap' }, element('caption', {}, caption));
    const positions = [...Array(result.steps.at(-1).position + 1).keys()];
    const symbol = (p) => (digitOf(layout, result.tokens[p]) < 0 ? '·' : spell(layout, result.tokens[p]));
    table.append(element('tr', {}, element('th'), ...positions.map((p) => element('th', { scope: 'col' }, label(p), element('br'), symbol(p)))));
    result.steps.forEach((step, t) => {
      const weights = step.attention[layer][head];
      table.append(element('tr', { class: t === chosen ? 'chosen' : '' }, element('th', { scope: 'row' }, `step ${t}`),
        ...weights.map((w, p) => heat(w, w >= 0.005 ? String(Math.round(100 * w)) : '', `step ${t} on ${label(p) || 'token ' + result.tokens[p]}: ${(100 * w).toFixed(2)} %`))));
    });
    return element('div', { class: 'scroll', tabindex: '0' }, table);
  };

  const bars = (caption, names, values, marked) => {
    const low = Math.min(0, ...values), span = Math.max(...values) - low || 1;
    const table = element('table', {}, element('caption', {}, caption));
    values.forEach((value, i) => table.append(element('tr', {},
      element('th', { scope: 'row' }, names[i]), element('td', { class: 'number' }, value.toFixed(3).replace(/^-(0\.0+)$/, '$1')),
      element('td', {}, element('span', { class: 'bar' + (marked(i) ? ' below' : ''), style: `width:${(9 * (value - low)) / span}rem` })))));
    return element('div', { class: 'scroll' }, table);
  };

  const stepDetail = (model, result, step, t, place) => {
    const { layout } = model;
    const digits = layout.digit_tokens;
    const maps = step.attention.flatMap((heads, layer) => heads.map((_, head) => attentionTable(model, result, layer, head, t)));
    place.replaceChildren(...maps, element('div', { class: 'side' },
      bars(`Step ${t}: logits of the digits`, digits.map((_, d) => String(d)), digits.map((token) => step.logits[token]),
        (d) => digits[d] === step.generated && step.generated !== step.expected),
      ...step.neurons.map((values, l) => bars(`Step ${t}: neurons of layer ${l}, after activation`, values.map((_, i) => 'n' + i), values, () => false))));
  };

  carryscope.starts.push(() => carryscope.withElement('#trace-form', (form) => {
    const model = carryscope.model = carryscope.forward(carryscope.data.model);
    const { layout } = model;
    const out = document.getElementById('trace-out');
    const largest = 10n ** BigInt(layout.digits) - 1n;
    const read = (name) => {
      const text = form.elements[name].value.replace(/[\s,_]/g, '');
      return /^\d+$/.test(text) && BigInt(text) <= largest ? BigInt(text) : null;
    };
    const show = () => {
      const a = read('a'), b = read('b');
      if (a === null || b === null) {
        out.replaceChildren(element('p', { class: 'missing' }, `Expected two numbers from 0 to ${largest}.`));
        return;
      }
      const result = model.add(a, b), right = result.answer === a + b;
      const sentence = right ? 'Right: ' + result.answer : result.answer === null
        ? 'Wrong: some token of the answer is no digit' : `Wrong: ${result.answer} instead of ${a + b}, off by ${result.answer - a - b}`;
      const detail = element('div');
      const table = stepTable(layout, result, (step, t) => stepDetail(model, result, step, t, detail));
      out.replaceChildren(element('p', { id: 'trace-answer', 'data-answer': String(result.answer) },
        element('b', { class: right ? 'good' : 'bad' }, sentence)), element('div', { class: 'side' }, written(layout, a, b, result), table), detail);
      const first = result.steps.findIndex((step) => step.generated !== step.expected);
      out.querySelectorAll('tbody tr')[Math.max(first, 0)].click();
    };
    form.addEventListener('submit', (event) => { event.preventDefault(); show(); });
    carryscope.trace = (a, b) => {
      form.elements.a.value = a;
      form.elements.b.value = b;
      show();
    };
    carryscope.withElement('button[data-a]', (button) => button.addEventListener('click', () => {
      carryscope.trace(button.dataset.a, button.dataset.b);
      form.scrollIntoView({ behavior: 'smooth', block: 'center' });
    }));
    show();
  }));
}
