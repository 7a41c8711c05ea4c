// What each event, and each request, goes through, by itself and with a fixed input, for
// callgrind to count (instructions.py).
//
//   windrow-counts-paths match | render | sign TIMES
#include <absl/time/time.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/uuid.h"
#include "common/crypto/request_signer.h"
#include "common/domain/condition.h"
#include "common/domain/event_document.h"
#include "common/domain/payload.h"
#include "tests/bench/micro/ticket_event.h"

namespace windrow::bench {
namespace {

using domain::ConditionSpec;

ConditionSpec TestOf(std::string_view kind, std::string path, std::string value) {
  ConditionSpec spec{.kind = ConditionSpec::Kind::kTest};
  spec.test = {.kind = domain::TestKindFromName(kind).value_or(domain::TestKind::kExists),
               .path = std::move(path),
               .values = {std::move(value)}};
  return spec;
}

// An event of 10 KiB, parsed and held against a condition of four tests.
void Match(const TicketEvent& ticket, int times) {
  ConditionSpec all{.kind = ConditionSpec::Kind::kAll};
  all.children = {TestOf("equals", "object.status", "9"),
                  TestOf("greater", "object.price", "1249.89"),
                  TestOf("contains", "object.tags", R"("hardware")"),
                  TestOf("changed_to", "object.status", "9")};
  const auto condition = domain::CompiledCondition::Compile(all);
  if (!condition.ok()) std::abort();
  for (int i = 0; i < times; ++i) {
    domain::EventDocument event(ticket.View(), ticket.previous);
    if (!Evaluate(*condition, &event)) std::abort();
  }
}

// The same event as an item of each kind that needs no template.
void Render(const TicketEvent& ticket, int times) {
  const Uuid webhook =
      Uuid::Parse("0192f0c4-0000-7000-8000-0000000000ab").value_or(Uuid());
  const domain::EventView event = ticket.View();
  for (int i = 0; i < times; ++i) {
    for (const auto kind : {domain::PayloadKind::kFull, domain::PayloadKind::kSmall,
                            domain::PayloadKind::kEventOnly}) {
      std::string out;
      if (!domain::AppendItem(kind, 1, webhook, 31, event, &out).ok()) std::abort();
    }
  }
}

// A request of 500 bytes, signed with one key.
void Sign(int times) {
  const auto signer =
      crypto::RequestSigner::Of({{"whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM="}});
  if (!signer.ok()) std::abort();
  const std::string body(500, 'x');
  for (int i = 0; i < times; ++i) {
    if (signer->Sign("msg_1", absl::FromUnixSeconds(1'795'600'800), body).empty()) {
      std::abort();
    }
  }
}

int Run(std::string_view path, int times) {
  if (path == "match") return Match(MakeTicketEvent(), times), 0;
  if (path == "render") return Render(MakeTicketEvent(), times), 0;
  if (path == "sign") return Sign(times), 0;
  return 2;
}

}  // namespace
}  // namespace windrow::bench

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return windrow::bench::Run(argv[1], std::atoi(argv[2]));
}
