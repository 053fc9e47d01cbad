// Figures: Plotly is unpacked from the page, then every figure is drawn from its JSON, those in sight
// first. Where the page carries no Plotly, the numbers of a figure are shown instead.
'use strict';
{
  // Ten steps, one for each digit.
  const digits = (lightness, chroma) => [...Array(10).keys()].flatMap((digit) => {
    const colour = `hsl(${digit * 36}, ${chroma}%, ${digit % 2 ? lightness - 9 : lightness + 6}%)`;
    return [[digit / 10, colour], [(digit + 1) / 10, colour]];
  });
  const SCALES = {
    light: { '@digits': digits(62, 62), '@sequential': [[0, '#ffffff'], [0.15, '#dbe6fb'], [0.5, '#6d9bf1'], [1, '#12296b']],
             '@diverging': [[0, '#8c1c1c'], [0.25, '#e58a7f'], [0.5, '#f6f6f6'], [0.75, '#7fa7e8'], [1, '#153a8a']] },
    dark: { '@digits': digits(46, 48), '@sequential': [[0, '#181c24'], [0.15, '#22345e'], [0.5, '#4f7fe0'], [1, '#e3edff']],
            '@diverging': [[0, '#ff9a90'], [0.25, '#93413b'], [0.5, '#20252f'], [0.75, '#3d5fa6'], [1, '#a9c4ff']] },
  };

  // The figure's JSON with roles replaced by colours.
  const themed = (value) => {
    if (typeof value === 'string' && value.startsWith('@'))
      return SCALES.light[value] ? SCALES[carryscope.isDark() ? 'dark' : 'light'][value] : carryscope.colour(value);
    if (Array.isArray(value)) return value.length && typeof value[0] === 'number' ? value : value.map(themed);
    if (value && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, themed(inner)]));
    return value;
  };

  const baseLayout = (narrow) => {
    const axis = { gridcolor: '@line', zerolinecolor: '@line', linecolor: '@line', automargin: true, exponentformat: 'power' };
    return {
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
      font: { color: '@ink', size: narrow ? 11 : 13, family: 'system-ui, sans-serif' },
      colorway: ['@accent', '@bad', '@good', '@maybe', '@second', '@third', '@soft'],
      margin: { l: 8, r: 8, t: 20, b: 8, pad: 4 },
      legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0 },
      hoverlabel: { bgcolor: '@panel', bordercolor: '@line', font: { color: '@ink' } },
      xaxis: axis, yaxis: axis,
    };
  };

  const merge = (base, over) => {
    const out = { ...base };
    for (const [key, value] of Object.entries(over))
      out[key] = value && typeof value === 'object' && !Array.isArray(value) && out[key] ? merge(out[key], value) : value;
    return out;
  };

  class Figure {
    constructor(frame) {
      this.frame = frame;
      this.plot = frame.querySelector('.plot');
      this.id = frame.dataset.figure;
      this.figure = carryscope.data.figures[this.id];
      this.selects = [...frame.querySelectorAll('select')];
      this.drawn = false;
      this.selects.forEach((select) => select.addEventListener('change', () => this.refresh()));
      this.addTools();
    }

    chosen() {
      if (!this.figure.variants) return this.figure;
      const index = this.selects.reduce((at, select) => at * select.options.length + Number(select.value), 0);
      return this.figure.variants[index];
    }

    traces() {
      const common = this.figure.common || {};
      return this.chosen().data.map((trace) => ({ ...common, ...trace }));
    }

    draw() {
      this.drawn = true;
      const chosen = this.chosen();
      const layout = merge(merge(baseLayout(innerWidth < 640), this.figure.layout), chosen.layout || {});
      if (innerWidth < 640 && layout.xaxis.tickvals && layout.xaxis.tickvals.length > 14)
        layout.xaxis = { ...layout.xaxis, tickangle: -90, tickfont: { size: 8 } };
      for (const key of Object.keys(layout))
        if (/^[xy]axis\d+$/.test(key)) layout[key] = merge(baseLayout(false).xaxis, layout[key]);
      // Beside the tick labels, however long they are.
      for (const axis of Object.keys(layout).filter((key) => /^[xy]axis/.test(key)))
        if (typeof layout[axis].title === 'string') layout[axis] = { ...layout[axis], title: { text: layout[axis].title, standoff: 8 } };
      if (innerWidth < 640 && layout.annotations)
        layout.annotations = layout.annotations.map((title) => ({ ...title, text: title.text.replace(': ', '<br>'), font: { ...title.font, size: 8 } }));
      const traces = this.traces();
      if (innerWidth < 640) traces.forEach((trace) => { if (trace.mode === 'text') trace.visible = false; });  // cells are too small
      return Plotly.react(this.plot, themed(traces), themed(layout), { displayModeBar: false, responsive: true });
    }

    refresh() {
      if (window.Plotly && this.drawn) this.draw();
      if (this.numbers) this.showNumbers();
    }

    addTools() {
      let saved = Promise.resolve();  // Plotly takes one picture of a plot at a time
      const save = (format) => carryscope.button(format.toUpperCase(), () => {
        saved = saved.then(() => Plotly.downloadImage(this.plot,
          { format, filename: this.id, width: 1000, height: this.plot.clientHeight * 1.4, scale: format === 'png' ? 2 : 1 }));
      });
      const numbers = carryscope.button('Numbers', () => {
        if (this.numbers) { this.numbers.remove(); this.numbers = null; } else this.showNumbers();
        numbers.setAttribute('aria-expanded', String(Boolean(this.numbers)));
      });
      numbers.setAttribute('aria-expanded', 'false');
      this.tools = carryscope.element('div', { class: 'tools' }, save('svg'), save('png'), numbers);
      this.frame.append(this.tools);
    }

    showNumbers() {
      if (this.numbers) this.numbers.remove();
      const table = numbersOf(this.traces());
      table.createCaption().textContent = 'Numbers of the figure';
      this.numbers = carryscope.element('div', { class: 'table' }, carryscope.element('div', { class: 'scroll', tabindex: '0' }, table));
      carryscope.addCopy(this.numbers);
      this.frame.append(this.numbers);
    }
  }

  // A figure as a table: a heat map as its matrix, everything else as rows of trace, x, y.
  const numbersOf = (traces) => {
    const table = carryscope.element('table');
    const row = (cells) => {
      const tr = table.insertRow();
      cells.forEach((cell) => { tr.insertCell().textContent = typeof cell === 'number' ? Number(cell.toPrecision(6)) : cell ?? ''; });
    };
    for (const trace of traces) {
      if (trace.z && Array.isArray(trace.z[0])) {
        row([trace.name || '', ...(trace.x || trace.z[0].map((_, i) => i))]);
        trace.z.forEach((line, i) => row([trace.y ? trace.y[i] : i, ...line]));
      } else {
        const along = trace.x || trace.labels || (trace.y || []).map((_, i) => i);
        const base = (i) => trace.base ? [trace.base[i], trace.base[i] + along[i]] : [along[i]];  // a bar from .. to
        along.forEach((_, i) => row([trace.name || '', ...base(i), (trace.y || trace.values || [])[i], ...(trace.z ? [trace.z[i]] : [])]));
      }
    }
    return table;
  };

  const loadPlotly = async () => {
    const script = carryscope.element('script');
    script.textContent = await carryscope.unpack('plotly');
    document.head.append(script);
    return script.textContent !== '';
  };

  const drawAll = async () => {
    carryscope.data = JSON.parse(await carryscope.unpack('data'));
    carryscope.starts.forEach((start) => start());
    const figures = [...document.querySelectorAll('figure[data-figure]')].map((frame) => new Figure(frame));
    carryscope.figures = figures;
    if (figures.length && await loadPlotly()) {
      const sight = (figure) => Math.abs(figure.frame.getBoundingClientRect().top);
      for (const figure of [...figures].sort((x, y) => sight(x) - sight(y))) {
        if (figure.plot.closest('details:not([open])')) {
          figure.plot.closest('details').addEventListener('toggle', () => figure.draw(), { once: true });
          continue;
        }
        await figure.draw();
        await new Promise((next) => setTimeout(next));
      }
      carryscope.onTheme(() => figures.forEach((figure) => figure.refresh()));
    } else {
      figures.forEach((figure) => {
        figure.plot.remove();
        figure.tools.remove();
        figure.showNumbers();
      });
    }
    document.documentElement.dataset.ready = String(figures.length);
  };
  addEventListener('load', drawAll);
}
