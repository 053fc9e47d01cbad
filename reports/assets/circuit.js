// The circuit as a graph: token roles left, steps in the middle, neurons and heads right. The slider cuts edges
// in the order of the record's curve; the filter leaves one step's.
'use strict';
{
  const NS = 'http://www.w3.org/2000/svg';
  const WIDTH = 900, ROW = 34, TOP = 26, BOX = 118;
  const drawn = (name, attributes, ...children) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  // Names to {x, y}, each column centred.
  const columns = (lists, height) => {
    const at = new Map();
    lists.forEach((names, column) => names.forEach((name, i) => at.set(name, {
      x: 80 + (column * (WIDTH - 160)) / 2,
      y: TOP + (height * (i + 0.5)) / names.length,
    })));
    return at;
  };

  const label = (name, text, { x, y }) => drawn('g', { class: 'node', tabindex: '0', role: 'button', 'aria-label': text, 'data-name': name },
    drawn('rect', { x: x - BOX / 2, y: y - 12, width: BOX, height: 24, rx: 6 }),
    drawn('text', { x, y: y + 4, 'text-anchor': 'middle', 'font-size': 13 }, text));

  const curve = (from, to) => {
    const side = from.x < to.x ? 1 : -1, start = from.x + (side * BOX) / 2, end = to.x - (side * BOX) / 2, middle = (start + end) / 2;
    return `M${start},${from.y} C${middle},${from.y} ${middle},${to.y} ${end},${to.y}`;
  };

  const build = (graph) => {
    const sides = [false, true].map((part) => graph.sources.filter((source) => source.part === part).map((source) => source.name));
    const steps = graph.steps.map((step) => 'step ' + step);
    const height = ROW * Math.max(sides[0].length, sides[1].length, steps.length);
    const at = columns([sides[0], steps, sides[1]], height);
    const svg = drawn('svg', { viewBox: `0 0 ${WIDTH} ${height + 2 * TOP}`, role: 'group', 'aria-label': 'Parts of the model and the steps that need them' });
    const edges = graph.edges.map((edge) => {
      const shape = curve(at.get(graph.sources[edge.source].name), at.get('step ' + edge.step));
      return drawn('g', { class: edge.own ? 'edge own' : 'edge', 'data-step': edge.step, 'data-source': graph.sources[edge.source].name },
        drawn('title', {}, edge.about), drawn('path', { d: shape, class: 'reach' }), drawn('path', { d: shape, class: 'line' }));
    });
    svg.append(...edges, ...[...at].map(([name, place]) => label(name, name, place)));
    return { svg, edges };
  };

  // The picture alone, with the colours that it has in the page.
  const standalone = (svg) => {
    const copy = svg.cloneNode(true);
    const originals = [svg, ...svg.querySelectorAll('*')], copies = [copy, ...copy.querySelectorAll('*')];
    originals.forEach((original, i) => {
      const style = getComputedStyle(original);
      for (const name of ['fill', 'stroke', 'stroke-width', 'opacity', 'font-family', 'display']) copies[i].style.setProperty(name, style.getPropertyValue(name));
    });
    const [, , width, height] = svg.getAttribute('viewBox').split(' ');
    for (const [key, value] of Object.entries({ xmlns: NS, width, height })) copy.setAttribute(key, value);
    return new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' });
  };
  const offer = (blob, name) => {
    const link = carryscope.element('a', { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const png = (blob) => new Promise((done, failed) => {
    const image = new Image(), url = URL.createObjectURL(blob);
    image.onload = () => {
      const canvas = carryscope.element('canvas', { width: 2 * image.width, height: 2 * image.height });
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      canvas.toBlob(done, 'image/png');
    };
    image.onerror = failed;
    image.src = url;
  });

  carryscope.starts.push(() => carryscope.withElement('figure[data-circuit]', (frame) => {
    const graph = carryscope.data.circuit;
    const { svg, edges } = build(graph);
    const [select, slider, output, about] = ['select', 'input', 'output', '.about'].map((selector) => frame.querySelector(selector));
    frame.querySelector('.graph').append(svg);
    graph.steps.forEach((step) => select.append(carryscope.element('option', { value: step }, String(step))));

    const show = () => {
      const cut = new Set(graph.curve.slice(1, Number(slider.value) + 1).map((point) => point.cut));
      edges.forEach((edge, i) => {
        edge.classList.toggle('cut', cut.has(i));
        edge.style.display = select.value === '' || edge.dataset.step === select.value ? '' : 'none';
      });
      svg.querySelectorAll('.node').forEach((node) => {
        const own = edges.filter((edge) => edge.style.display === '' && !edge.classList.contains('cut') && [edge.dataset.source, 'step ' + edge.dataset.step].includes(node.dataset.name));
        node.classList.toggle('idle', own.length === 0);
      });
      output.textContent = graph.curve[slider.value].about;
      slider.setAttribute('aria-valuetext', output.textContent);
    };
    slider.max = graph.curve.length - 1;
    slider.value = graph.curve.findIndex((point) => point.edges === graph.kept);
    slider.addEventListener('input', show);
    select.addEventListener('change', show);
    frame.querySelectorAll('form').forEach((form) => form.addEventListener('submit', (event) => event.preventDefault()));

    const light = (chosen) => edges.forEach((edge) => edge.classList.toggle('lit', chosen(edge)));
    edges.forEach((edge) => edge.addEventListener('pointerenter', () => { about.textContent = edge.querySelector('title').textContent; }));
    svg.querySelectorAll('.node').forEach((node) => {
      const mine = (edge) => [edge.dataset.source, 'step ' + edge.dataset.step].includes(node.dataset.name);
      const tell = () => {
        light(mine);
        const lines = edges.filter((edge) => mine(edge) && edge.style.display === '' && !edge.classList.contains('cut')).map((edge) => edge.querySelector('title').textContent);
        about.replaceChildren(...(lines.length ? lines.flatMap((line) => [line, carryscope.element('br')]) : [node.dataset.name + ': no edge is left']));
      };
      node.addEventListener('pointerenter', tell);
      node.addEventListener('focus', tell);
      node.addEventListener('pointerleave', () => light(() => false));
      node.addEventListener('blur', () => light(() => false));
    });
    frame.append(carryscope.element('div', { class: 'tools' },
      carryscope.button('SVG', () => offer(standalone(svg), 'circuit.svg')),
      carryscope.button('PNG', async () => offer(await png(standalone(svg)), 'circuit.png'))));
    show();
  }));
}
