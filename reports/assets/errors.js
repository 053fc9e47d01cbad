// What goes wrong in this page is kept where a test, or a reader with a console, can see it.
'use strict';
const carryscope = { errors: [], starts: [] };  // starts: what runs when carryscope.data is there
{
  const keep = (text) => {
    carryscope.errors.push(String(text));
    document.documentElement.dataset.errors = carryscope.errors.join(' | ');
  };
  window.addEventListener('error', (event) => keep(event.message));
  window.addEventListener('unhandledrejection', (event) => keep(event.reason));
  document.addEventListener('securitypolicyviolation', (event) => keep('refused: ' + event.violatedDirective + ' ' + event.blockedURI));
  const complain = console.error;
  console.error = (...parts) => { keep(parts.join(' ')); complain.apply(console, parts); };
}

// The text of a script element that holds base64 of gzip.
carryscope.unpack = async (id) => {
  const packed = document.getElementById(id).textContent;
  if (!packed) return '';
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
};

// An element with attributes and children (text or elements).
carryscope.element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
carryscope.button = (text, act) => {
  const made = carryscope.element('button', { type: 'button' }, text);
  made.addEventListener('click', () => act(made));
  return made;
};
// For the parts of a page that this model's records do not have.
carryscope.withElement = (selector, act) => document.querySelectorAll(selector).forEach(act);
