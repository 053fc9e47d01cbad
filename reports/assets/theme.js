// Light or dark: the system's choice until the reader makes another. colour('@bad') is what --bad is now.
'use strict';
{
  const root = document.documentElement;
  const button = document.getElementById('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  const probe = carryscope.element('span', { hidden: '' });
  document.body.append(probe);
  const listeners = [];
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : system.matches);
  const changed = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    listeners.forEach((listener) => listener());
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    changed();
  });
  system.addEventListener('change', changed);
  carryscope.colour = (role) => {
    probe.style.color = 'var(--' + role.slice(1) + ')';
    return getComputedStyle(probe).color;
  };
  carryscope.isDark = isDark;
  carryscope.onTheme = (listener) => listeners.push(listener);
  changed();
}

// The section that is read is marked in the navigation.
{
  const links = new Map([...document.querySelectorAll('nav a')].map((a) => [a.hash.slice(1), a]));
  const sections = [...document.querySelectorAll('main > section')];
  const mark = () => {
    const line = innerHeight / 3;
    const current = sections.filter((s) => s.getBoundingClientRect().top < line).pop() || sections[0];
    for (const [id, link] of links) {
      const here = current && id === current.id;
      if (here === link.hasAttribute('aria-current')) continue;
      here ? link.setAttribute('aria-current', 'true') : link.removeAttribute('aria-current');
      const list = link.closest('ol');
      if (here) list.scrollLeft = link.offsetLeft - list.clientWidth / 2;
    }
  };
  addEventListener('scroll', mark, { passive: true });
  mark();
}
