// Conditions: what is decided is what is explained, and what the model of the unit tests
// says as far as it knows the values.
//
//   condition as stored %% object %% previous
#include <algorithm>
#include <charconv>

#include "common/domain/condition.h"
#include "common/domain/event_document.h"
#include "tests/fuzz/event_input.h"
#include "tests/fuzz/json_check.h"
#include "tests/fuzz/target.h"
#include "tests/unit/domain/condition_model.h"

namespace windrow::fuzz {
namespace {

using domain::ConditionSpec;
using domain::Model;
using domain::Optional;
using domain::PathKey;

// ---- Values as the model has them

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
}

// None for numbers that are not whole hundredths of up to 15 digits.
std::optional<long> HundredthsOf(std::string_view number) {
  if (number.find_first_of("eE") != number.npos) return std::nullopt;
  std::string digits(number);
  const std::size_t point = digits.find('.');
  if (point == digits.npos) {
    digits += "00";
  } else {
    digits.append("00");
    while (digits.size() > point + 3 && digits.back() == '0') digits.pop_back();
    if (digits.size() != point + 3) return std::nullopt;
    digits.erase(point, 1);
  }
  if (digits.size() > 15) return std::nullopt;
  long value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Optional ModelOf(const json::Value& value) {
  Model model;
  switch (value.type()) {
    case json::Type::kNull:
      return model;
    case json::Type::kBool:
      model.type = Model::kBool;
      model.number = value.raw() == "true" ? 1 : 0;
      return model;
    case json::Type::kNumber: {
      model.type = Model::kNumber;
      const auto number = HundredthsOf(value.raw());
      if (!number) return std::nullopt;
      model.number = *number;
      return model;
    }
    case json::Type::kString:
      model.type = Model::kText;
      model.text = value.text();
      return model;
    case json::Type::kArray:
    case json::Type::kObject:
      break;
  }
  model.type = value.is_array() ? Model::kArray : Model::kObject;
  for (auto child = value.first_child(); child; child = child->next()) {
    Optional one = ModelOf(*child);
    if (!one) return std::nullopt;
    if (value.is_array()) {
      model.elements.push_back(*std::move(one));
    } else {
      model.members[child->key()] = *std::move(one);
    }
  }
  return model;
}

// The value at the keys, looked for slowly.
std::optional<json::Value> At(json::Value value, const std::vector<PathKey>& keys) {
  for (const PathKey& key : keys) {
    std::optional<json::Value> found;
    std::size_t place = 0;
    for (auto child = value.first_child(); child; child = child->next()) {
      const std::string name = value.is_object() ? child->key() : std::to_string(place++);
      if (name == key.key) found = child;
    }
    if (!found) return std::nullopt;
    value = *found;
  }
  return value;
}

// ---- What the model says

// A part of the event: a value, nothing there, or one that the model does not know.
struct Part {
  bool known = true;
  Optional value;
};

class SlowEvent {
 public:
  explicit SlowEvent(const EventInput& event)
      : object_(json::Document::ParseObject(event.object).value()) {
    if (!event.previous.empty()) {
      previous_ = json::Document::ParseObject(event.previous).value();
    }
  }

  bool has_previous() const { return previous_.has_value(); }
  Part Now(const domain::FieldPath& path) const {
    if (path.root() == domain::PathRoot::kObject) return Look(object_, path);
    if (path.root() != domain::PathRoot::kPrevious) return {.known = false};
    return previous_ ? Look(*previous_, path) : Part{};
  }
  Part Before(const domain::FieldPath& path) const {
    return previous_ ? Look(*previous_, path) : Part{};
  }

 private:
  static Part Look(const json::Document& document, const domain::FieldPath& path) {
    const auto value = At(document.root(), path.keys());
    if (!value) return {};
    Optional model = ModelOf(*value);
    return {.known = model.has_value(), .value = std::move(model)};
  }

  json::Document object_;
  std::optional<json::Document> previous_;
};

bool IsPlainText(const Model& value) {
  return value.type == Model::kText && std::ranges::all_of(value.text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

bool IsAsciiInside(const Model& value) {
  const auto fine = [](const auto& member) { return IsAsciiInside(member.second); };
  return IsAscii(value.text) && std::ranges::all_of(value.elements, IsAsciiInside) &&
         std::ranges::all_of(value.members, fine);
}

// None where the model cannot tell.
std::optional<bool> Holds(const domain::TestSpec& spec, const SlowEvent& event) {
  const auto path = domain::FieldPath::Parse(spec.path);
  const Part now = event.Now(*path);
  const Part before = event.Before(*path);
  domain::ModelTest test{.kind = spec.kind, .ignore_case = spec.ignore_case};
  bool known = now.known && before.known;
  for (const std::string& value : spec.values) {
    Optional model = ModelOf(json::Document::ParseValue(value)->root());
    known = known && model;
    test.values.push_back(std::move(model).value_or(Model()));
  }
  if (spec.kind == domain::TestKind::kMatches)
    known = known && IsPlainText(test.values[0]);
  if (spec.ignore_case) {  // the model knows the case of ASCII only
    known = known && std::ranges::all_of(test.values, IsAsciiInside) &&
            IsAsciiInside(now.value.value_or(Model())) &&
            IsAsciiInside(before.value.value_or(Model()));
  }
  if (!known) return std::nullopt;
  return domain::Holds(test, now.value, before.value, event.has_previous());
}

std::optional<bool> Holds(const ConditionSpec& spec, const SlowEvent& event) {
  if (spec.kind == ConditionSpec::Kind::kTest) return Holds(spec.test, event);
  bool all = true;
  bool any = false;
  for (const ConditionSpec& child : spec.children) {
    const auto one = Holds(child, event);
    if (!one) return std::nullopt;
    all = all && *one;
    any = any || *one;
  }
  if (spec.kind == ConditionSpec::Kind::kNot) return !any;
  return spec.kind == ConditionSpec::Kind::kAll ? all : any;
}

void CheckStorage(const ConditionSpec& spec) {
  std::string json;
  domain::AppendJson(spec, &json);
  Require(IsJson(json), "a stored condition is JSON");
  const auto back = domain::ConditionFromJson(json);
  Require(back.ok() && *back == spec, "a stored condition is read as itself");
}

}  // namespace

WINDROW_FUZZ_TARGET(condition) {
  const std::vector<std::string> parts = Parts(input, 3);
  const auto spec = domain::ConditionFromJson(parts[0]);
  if (!spec.ok()) return;
  Violations violations;
  domain::Validate(*spec, "condition", &violations);
  const auto compiled = domain::CompiledCondition::Compile(*spec);
  Require(compiled.ok() == violations.empty(), "Compile takes what Validate takes");
  if (!compiled.ok()) return;
  CheckStorage(*spec);

  const EventInput event{.object = ObjectOr(parts[1], "{}"),
                         .previous = ObjectOr(parts[2], "")};
  domain::EventDocument document(event.View(), event.previous);
  const bool matched = domain::Evaluate(*compiled, &document);
  const auto verdict = domain::Explain(*compiled, &document);
  Require(verdict.matched == matched, "what is explained is what was decided");
  const auto modelled = Holds(*spec, SlowEvent(event));
  Require(!modelled || *modelled == matched, "the model says the same");
}

}  // namespace windrow::fuzz
