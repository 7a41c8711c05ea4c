// Rendering an event of 10 KiB, in bytes of input. Budgets: FULL at least 1 GB/s (it
// copies), SMALL and CUSTOM at least 200 MB/s; no allocation per field.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "common/domain/custom_payload.h"
#include "common/domain/event_document.h"
#include "common/domain/payload.h"
#include "tests/bench/micro/allocations.h"
#include "tests/bench/micro/ticket_event.h"

namespace windrow::bench {
namespace {

using domain::CompiledCustomPayload;
using domain::CustomPayloadSpec;
using domain::PayloadKind;

void Report(const TicketEvent& ticket, std::int64_t allocations,
            benchmark::State* state) {
  state->SetBytesProcessed(state->iterations() *
                           static_cast<std::int64_t>(ticket.object.size()));
  state->counters["allocations"] = benchmark::Counter(static_cast<double>(allocations),
                                                      benchmark::Counter::kAvgIterations);
}

void RenderItem(benchmark::State& state, PayloadKind kind) {
  const TicketEvent ticket = MakeTicketEvent();
  const domain::EventView event = ticket.View();
  const Uuid webhook =
      Uuid::Parse("0192f0c4-0000-7000-8000-0000000000ab").value_or(Uuid());
  std::string out;
  const std::int64_t before = Allocations();
  for (auto _ : state) {
    out.clear();
    if (!domain::AppendItem(kind, 1, webhook, 31, event, &out).ok()) std::abort();
    benchmark::DoNotOptimize(out);
  }
  Report(ticket, Allocations() - before, &state);
}
BENCHMARK_CAPTURE(RenderItem, Full, PayloadKind::kFull);
BENCHMARK_CAPTURE(RenderItem, Small, PayloadKind::kSmall);
BENCHMARK_CAPTURE(RenderItem, EventOnly, PayloadKind::kEventOnly);

// Parsing included, as when a worker renders a stored event.
void RenderCustom(benchmark::State& state, const CustomPayloadSpec& spec) {
  const TicketEvent ticket = MakeTicketEvent();
  const CompiledCustomPayload payload = *CompiledCustomPayload::Compile(spec);
  std::string out;
  const std::int64_t before = Allocations();
  for (auto _ : state) {
    out.clear();
    domain::EventDocument event(ticket.View(), ticket.previous);
    if (!payload.AppendMembers(&event, &out).ok()) state.SkipWithError("not rendered");
    benchmark::DoNotOptimize(out);
  }
  Report(ticket, Allocations() - before, &state);
}

CustomPayloadSpec TwentyRows() {
  CustomPayloadSpec spec;
  for (int i = 0; i < 20; ++i) {
    spec.fields.push_back({.key = fmt::format("choice_{}", i),
                           .source = fmt::format("object.custom_choice_{}", i * 4 + 2),
                           .send_id = i % 2 == 0});
  }
  return spec;
}

CustomPayloadSpec Template() {
  return {.json_template = R"({"ticket": "{{object.id}}", "price": "{{object.price}}",
    "headline": "{{object.summary}} is {{object.status}}, with {{object.team}}",
    "tags": "{{object.tags}}", "details": "{{object.details}}",
    "by": {"agent": "{{event.agent_id}}", "outcome": "{{action.outcome}}"}})"};
}

BENCHMARK_CAPTURE(RenderCustom, Rows, TwentyRows());
BENCHMARK_CAPTURE(RenderCustom, Template, Template());

}  // namespace
}  // namespace windrow::bench
