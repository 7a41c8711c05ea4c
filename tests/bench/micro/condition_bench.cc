// Conditions over an event of 10 KiB. Budgets: a test at most 1 µs beyond finding its
// field; 100 webhooks of 5 tests, parsing included, under 100 µs; no allocation per
// field.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "common/domain/condition.h"
#include "common/domain/decimal.h"
#include "common/domain/event_document.h"
#include "tests/bench/micro/allocations.h"
#include "tests/bench/micro/ticket_event.h"

namespace windrow::bench {
namespace {

using domain::CompiledCondition;
using domain::ConditionSpec;
using domain::EventDocument;

ConditionSpec TestOf(std::string_view kind, std::string path,
                     std::vector<std::string> values, bool ignore_case = false) {
  ConditionSpec spec{.kind = ConditionSpec::Kind::kTest};
  spec.test = {.kind = domain::TestKindFromName(kind).value_or(domain::TestKind::kExists),
               .path = std::move(path),
               .values = std::move(values),
               .ignore_case = ignore_case};
  return spec;
}

CompiledCondition Compiled(const ConditionSpec& spec) {
  return *CompiledCondition::Compile(spec);
}

// Allocations of one iteration, as a column of its own.
class AllocationColumn {
 public:
  explicit AllocationColumn(benchmark::State* state)
      : state_(*state), start_(Allocations()) {}
  ~AllocationColumn() {
    state_.counters["allocations"] = benchmark::Counter(
        static_cast<double>(Allocations() - start_), benchmark::Counter::kAvgIterations);
  }
  AllocationColumn(const AllocationColumn&) = delete;
  AllocationColumn& operator=(const AllocationColumn&) = delete;

 private:
  benchmark::State& state_;
  const std::int64_t start_;
};

void ParseEvent(benchmark::State& state) {
  const TicketEvent ticket = MakeTicketEvent();
  for (auto _ : state) {
    auto document = json::Document::ParseObject(ticket.object);
    benchmark::DoNotOptimize(document);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(ticket.object.size()));
}
BENCHMARK(ParseEvent);

// What every test below pays before it compares anything.
void FindField(benchmark::State& state) {
  const TicketEvent ticket = MakeTicketEvent();
  EventDocument event(ticket.View(), ticket.previous);
  const auto path = *domain::FieldPath::Parse("object.status");
  for (int i = 0; i < 10; ++i) event.Find(path);
  const AllocationColumn allocations(&state);
  for (auto _ : state) benchmark::DoNotOptimize(event.Find(path));
}
BENCHMARK(FindField);

void OneTest(benchmark::State& state, const ConditionSpec& spec) {
  const TicketEvent ticket = MakeTicketEvent();
  EventDocument event(ticket.View(), ticket.previous);
  const CompiledCondition condition = Compiled(spec);
  for (int i = 0; i < 10; ++i) Evaluate(condition, &event);
  const AllocationColumn allocations(&state);
  for (auto _ : state) benchmark::DoNotOptimize(Evaluate(condition, &event));
}
BENCHMARK_CAPTURE(OneTest, EqualsId, TestOf("equals", "object.status", {"9"}));
BENCHMARK_CAPTURE(OneTest, EqualsName,
                  TestOf("equals", "object.status", {R"("Closed")"}));
BENCHMARK_CAPTURE(OneTest, EqualsNameIgnoringCase,
                  TestOf("equals", "object.status", {R"("CLOSED")"}, true));
BENCHMARK_CAPTURE(OneTest, Greater, TestOf("greater", "object.price", {"1249.89"}));
BENCHMARK_CAPTURE(OneTest, ContainsElement,
                  TestOf("contains", "object.tags", {R"("hardware")"}));
BENCHMARK_CAPTURE(OneTest, ContainsText,
                  TestOf("contains", "object.summary", {R"("jams")"}));
BENCHMARK_CAPTURE(OneTest, Matches,
                  TestOf("matches", "object.summary", {R"("floor \\d+")"}));
BENCHMARK_CAPTURE(OneTest, ChangedTo, TestOf("changed_to", "object.status", {"9"}));
BENCHMARK_CAPTURE(OneTest, Changed, TestOf("changed", "object.team", {}));

void OneTestOfAThousandValues(benchmark::State& state) {
  std::vector<std::string> values;
  for (int i = 0; i < 1'000; ++i) values.push_back(std::to_string(i * 3 + 1));
  OneTest(state, TestOf("in", "object.team", values));
}
BENCHMARK(OneTestOfAThousandValues);

// From the bytes of one event to the answers of 100 webhooks.
void HundredWebhooksOfFiveTests(benchmark::State& state) {
  const TicketEvent ticket = MakeTicketEvent();
  std::vector<CompiledCondition> conditions;
  for (int i = 0; i < 100; ++i) {
    ConditionSpec all{.kind = ConditionSpec::Kind::kAll};
    all.children = {
        TestOf("equals", "object.status", {"9"}),
        TestOf("greater", "object.price", {std::to_string(i)}),
        TestOf("contains", "object.tags", {R"("vip")"}, true),
        TestOf("not_equals", fmt::format("object.custom_choice_{}", i / 4 * 4 + 2),
               {R"("Other")"}),
        TestOf("starts_with", "object.summary", {R"("Printer")"})};
    conditions.push_back(Compiled(all));
  }
  const AllocationColumn allocations(&state);
  for (auto _ : state) {
    EventDocument event(ticket.View(), ticket.previous);
    int matched = 0;
    for (const CompiledCondition& condition : conditions) {
      matched += Evaluate(condition, &event) ? 1 : 0;
    }
    if (matched != 100) state.SkipWithError("every condition should hold");
  }
}
BENCHMARK(HundredWebhooksOfFiveTests);

void CompareDecimals(benchmark::State& state) {
  const domain::Decimal a("123456.789012345678901234567890");
  for (auto _ : state) {
    benchmark::DoNotOptimize(a < domain::Decimal("123456.789012345678901234567891"));
  }
}
BENCHMARK(CompareDecimals);

}  // namespace
}  // namespace windrow::bench
