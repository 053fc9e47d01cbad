// The model itself: greedy decoding of one sum, in double precision, from the decoder JSON that the page
// carries. Obvious loops: position after position, each layer's keys and values are kept.
'use strict';
carryscope.forward = (decoder) => {
  const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  const linear = (x, weight, bias) =>
    weight[0].map((_, j) => x.reduce((sum, v, i) => sum + v * weight[i][j], 0) + (bias ? bias[j] : 0));

  const normalise = (x, norm) => {
    if (!norm || norm.type === 'none') return x;
    const mean = norm.type === 'layer' ? x.reduce((sum, v) => sum + v, 0) / x.length : 0;
    const centred = x.map((v) => v - mean);
    const root = Math.sqrt(dot(centred, centred) / x.length + norm.eps);
    return centred.map((v, i) => (v / root) * (norm.weight ? norm.weight[i] : 1) + (norm.bias ? norm.bias[i] : 0));
  };

  // Series below 3, continued fraction (Lentz's) above; both to 1e-12 or better.
  const erf = (x) => {
    const z = Math.abs(x);
    if (z > 6) return Math.sign(x);
    if (z < 3) {
      let term = z, sum = z;
      for (let n = 1; Math.abs(term) > 1e-17 * sum; ++n) {
        term *= (-z * z) / n;
        sum += term / (2 * n + 1);
      }
      return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
    }
    let fraction = z;
    for (let n = 60; n > 0; --n) fraction = z + n / 2 / fraction;
    return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction));
  };
  const ACTIVATIONS = {
    gelu_erf: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
    gelu_tanh: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
    relu: (x) => Math.max(x, 0),
    silu: (x) => x / (1 + Math.exp(-x)),
  };

  const rotate = (v, rope, position) => {
    if (!rope) return v;
    const out = [...v], half = v.length / 2;
    rope.frequencies.forEach((frequency, i) => {
      const [x, y] = rope.pairing === 'half' ? [i, i + half] : [2 * i, 2 * i + 1];
      const c = Math.cos(position * frequency), s = Math.sin(position * frequency);
      out[x] = v[x] * c - v[y] * s;
      out[y] = v[x] * s + v[y] * c;
    });
    return out;
  };
  const perHead = (v, dim, norm, rope, position) => {
    const out = [];
    for (let at = 0; at < v.length; at += dim) out.push(rotate(normalise(v.slice(at, at + dim), norm), rope, position));
    return out;
  };

  // The mean of the values seen so far that head h takes, and its weights over the key positions.
  const attendHead = (a, h, query, seen, position) => {
    const kv = Math.floor(h / (a.heads / a.kv_heads));
    const bias = (key) => (a.score_bias ? a.score_bias[h][position][key] : 0);
    const scores = seen.map(({ key }, p) => (bias(p) === null ? -Infinity : dot(query, key[kv]) * a.score_scale + bias(p)));
    const largest = Math.max(...scores, a.softmax === 'plus_one' ? 0 : -Infinity);
    const weights = scores.map((score) => (largest === -Infinity ? 0 : Math.exp(score - largest)));
    let total = weights.reduce((sum, w) => sum + w, 0);
    if (a.softmax === 'plus_one') total += Math.exp(-largest);
    const mixed = seen[0].value[kv].map((_, i) => (total === 0 ? 0 : seen.reduce((sum, s, p) => sum + weights[p] * s.value[kv][i], 0) / total));
    return { mixed, weights: weights.map((w) => (total === 0 ? 0 : w / total)) };
  };

  const attend = (layer, x, position, seen, record) => {
    const a = layer.attention, normed = normalise(x, layer.norm);
    const query = perHead(linear(normed, a.query, a.query_bias), a.head_dim, a.query_norm, a.rope, position);
    const key = perHead(linear(normed, a.key, a.key_bias), a.head_dim, a.key_norm, a.rope, position);
    const value = perHead(linear(normed, a.value, a.value_bias), a.value_dim, null, null, position);
    seen.push({ key, value });
    const heads = query.map((q, h) => attendHead(a, h, q, seen, position));
    record.push(heads.map((head) => head.weights));
    const out = linear(heads.flatMap((head) => head.mixed), a.output, a.output_bias);
    return x.map((v, i) => v + out[i]);
  };

  const feedForward = (layer, x, record) => {
    const m = layer.mlp, act = ACTIVATIONS[m.activation], normed = normalise(x, layer.mlp_norm);
    const up = linear(normed, m.up, m.up_bias);
    const hidden = m.gate ? linear(normed, m.gate, m.gate_bias).map((v, i) => act(v) * up[i]) : up.map(act);
    record.push(hidden);
    const down = linear(hidden, m.down, m.down_bias);
    return x.map((v, i) => v + down[i]);
  };

  // What position p computes from its token and all that came before: logits, attention[layer][head][key
  // position], neurons[layer][i].
  const read = (token, position, seen) => {
    const attention = [], neurons = [];
    let x = decoder.token_embedding[token].map((v, i) => v + (decoder.position_embedding ? decoder.position_embedding[position][i] : 0));
    decoder.layers.forEach((layer, l) => {
      if (layer.attention) x = attend(layer, x, position, seen[l], attention);
      if (layer.mlp) x = feedForward(layer, x, neurons);
    });
    return { logits: linear(normalise(x, decoder.final_norm), decoder.head, decoder.head_bias), attention, neurons };
  };

  const { layout } = decoder;
  const digitAt = (value, place) => Number((value / 10n ** BigInt(place)) % 10n);
  const tokenOf = (slot, a, b) => {
    if ('token' in slot) return slot.token;
    const value = slot.digit === 'a' ? a : slot.digit === 'b' ? b : a + b;
    return layout.digit_tokens[digitAt(value, slot.place)];
  };

  // Greedy decoding of a + b (BigInt): the token with the largest logit, the lowest of several, is read next.
  const add = (a, b) => {
    const seen = decoder.layers.map(() => []);
    const tokens = layout.prompt.map((slot) => tokenOf(slot, a, b));
    const steps = [];
    tokens.slice(0, -1).forEach((token, p) => read(token, p, seen));
    for (const slot of layout.answer) {
      const position = tokens.length - 1;
      const state = read(tokens[position], position, seen);
      const generated = state.logits.indexOf(Math.max(...state.logits));
      const expected = tokenOf(slot, a, b);
      const others = state.logits.filter((_, token) => token !== expected);
      steps.push({ slot, position, token: tokens[position], ...state, generated, expected,
        margin: state.logits[expected] - Math.max(...others) });
      tokens.push(generated);
    }
    return { steps, tokens, answer: spelled(steps) };
  };

  // The number that the answer spells, or null where some token is no digit.
  const spelled = (steps) => {
    let value = 0n;
    for (const { slot, generated } of steps) {
      if ('token' in slot) continue;
      const digit = layout.digit_tokens.indexOf(generated);
      if (digit < 0) return null;
      value += BigInt(digit) * 10n ** BigInt(slot.place);
    }
    return value;
  };
  return { add, layout };
};
