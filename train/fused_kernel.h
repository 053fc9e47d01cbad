// The fused step: one optimiser step of one model, as a list of phases. `block` runs a phase for each of
// its threads and waits for all of them: a processor's has a single one; a GPU's is a thread block.
//
// L is the vector of samples, R that of a row's components; D and F are width and feed-forward.
#pragma once

#include "train/fused_samples.h"
#include "train/fused_tables_back.h"
#include "train/fused_update.h"

namespace carryscope::train::CARRYSCOPE_ISA {

template <class L, class R, int D, int F, class Block>
CARRYSCOPE_BOTH inline void gradients(const FusedShape& shape, const FusedWorkspace& work,
                                      const FusedStep& step, const Block& block) {
  const int accumulators = block.threads() * kLanes<L>;
  const auto job = [&](int thread) { return Job{shape, work, step, thread, block.threads()}; };
  block([&](int thread) {
    sort_samples(job(thread));
    if constexpr (kByColumns<L>) pack_samples(job(thread));
    multiply_out(job(thread));
    clear(job(thread), work.tail_gradient, shape.tail_size() * accumulators);
    clear(job(thread), work.loss, accumulators);
    for (float* rows : {work.embedding_gradient, work.query_gradient})
      clear(job(thread), rows, shape.states() * kRow);
    for (float* columns : {work.key_gradient, work.value_gradient})
      clear(job(thread), columns, shape.padded_states() * kRow);
  });
  block([&](int thread) { make_states<D>(job(thread)); });
  for (int t = 0; t < shape.steps; ++t) {
    const auto for_queries = [&](const auto& phases) {
      for (int q = 0; q < shape.query_symbols(t); q += kAtOnce<L>)
        phases(Queries{q, std::min(q + kAtOnce<L>, shape.query_symbols(t))});
    };
    for_queries([&](Queries queries) {
      block([&](int thread) { make_rows<L, R, D>(job(thread), t, queries); });
      block([&](int thread) { take_samples<L, R, D>(job(thread), t, queries); });
    });
    block([&](int thread) { run_samples<L, D, F>(job(thread)); });
    for_queries([&](Queries queries) {
      block([&](int thread) { gather_rows<R, D>(job(thread), t, queries); });
      block([&](int thread) { value_side<R, D>(job(thread), t, queries); });
    });
    block([&](int thread) {
      key_side<R, D>(job(thread), t);
      query_side<R, D>(job(thread), t);
    });
  }
  block([&](int thread) { states_back<D>(job(thread)); });
  block([&](int thread) {
    attention_gradient<D>(job(thread));
    embedding_gradient<D>(job(thread));
    tail_gradient(job(thread), accumulators);
  });
  block([&](int thread) { parameter_gradients(job(thread)); });
  block([&](int thread) { sum_up(job(thread), accumulators); });
}

template <class L, class R, int D, int F, class Block>
CARRYSCOPE_BOTH inline void optimiser_step(const FusedShape& shape, const FusedWorkspace& work,
                                           const FusedStep& step, const Block& block) {
  gradients<L, R, D, F>(shape, work, step, block);
  const bool finite = std::isfinite(work.result[0]) && std::isfinite(work.result[1]);
  if (!step.update || !finite) return;
  block([&](int thread) { adamw(Job{shape, work, step, thread, block.threads()}); });
}

// A processor's block: one thread.
struct OneThread {
  CARRYSCOPE_BOTH int threads() const { return 1; }
  template <class Phase>
  CARRYSCOPE_BOTH void operator()(const Phase& phase) const {
    phase(0);
  }
};

}  // namespace carryscope::train::CARRYSCOPE_ISA
