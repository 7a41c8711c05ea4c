// Payloads: whatever template, rows and event there are, what leaves is JSON.
//
//   {"fields": …}, {"template": …} or a template %% object %% previous %% action %%
//   message
#include "common/domain/custom_payload.h"
#include "common/domain/payload.h"
#include "common/domain/webhook.h"
#include "tests/fuzz/event_input.h"
#include "tests/fuzz/json_check.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

using domain::BatchMode;
using domain::ItemFormat;
using domain::PayloadKind;

domain::CustomPayloadSpec SpecOf(const std::string& text) {
  if (const auto document = json::Document::ParseValue(text); document.ok()) {
    if (auto spec = domain::CustomPayloadFromJson(document->root()); spec.ok()) {
      return *std::move(spec);
    }
  }
  return {.json_template = text};
}

void CheckStorage(const domain::CustomPayloadSpec& spec) {
  std::string json;
  domain::AppendJson(spec, &json);
  const auto document = json::Document::ParseValue(json);
  Require(document.ok(), "a stored payload is JSON");
  const auto back = domain::CustomPayloadFromJson(document->root());
  Require(back.ok() && *back == spec, "a stored payload is read as itself");
}

// A template nests by itself, and an event's value within it.
constexpr json::Limits kItemLimits = {.max_bytes = 16u << 20, .max_depth = 512};

void CheckItem(const ItemFormat& format, const domain::EventView& event) {
  std::string out = "kept";
  const absl::Status status = AppendItem(format, 1, Uuid{}, 31, event, &out);
  if (!status.ok()) {
    Require(absl::IsResourceExhausted(status) && out == "kept",
            "only size is refused, and nothing is left behind");
    return;
  }
  const std::string item = out.substr(4);
  Require(IsJson(item), "an item is JSON");
  Require(json::Document::ParseObject(item, kItemLimits).ok(), "no key is there twice");
  Require(item.starts_with("{\"id\":\""), "the envelope comes first");
  const std::size_t bytes = ItemBytes(format, 1, Uuid{}, 31, event);
  Require(bytes >= item.size() && bytes <= item.size() + 20, "ItemBytes is close");
  const auto batch = RenderBody(format, BatchMode::kAny, 1, Uuid{}, {{31, &event}});
  Require(batch.ok() && *batch == "[" + item + "]", "a batch of one is the item");
}

}  // namespace

WINDROW_FUZZ_TARGET(payload_template) {
  const std::vector<std::string> parts = Parts(input, 5);
  EventInput event{.object = ObjectOr(parts[1], "{}"),
                   .previous = ObjectOr(parts[2], ""),
                   .action = ObjectOr(parts[3], ""),
                   .message = TextOrNone(parts[4])};
  event.linked = {{"customer", event.object}};
  const domain::EventView view = event.View();
  for (const auto kind :
       {PayloadKind::kSmall, PayloadKind::kFull, PayloadKind::kEventOnly}) {
    CheckItem(kind, view);
  }

  const domain::CustomPayloadSpec spec = SpecOf(parts[0]);
  Violations violations;
  domain::Validate(spec, "payload", {}, &violations);
  auto compiled = domain::CompiledCustomPayload::Compile(spec);
  Require(compiled.ok() == violations.empty(), "Compile takes what Validate takes");
  if (!compiled.ok()) return;
  CheckStorage(spec);
  ItemFormat format = PayloadKind::kCustom;
  format.custom = *std::move(compiled);
  CheckItem(format, view);
}

}  // namespace windrow::fuzz
