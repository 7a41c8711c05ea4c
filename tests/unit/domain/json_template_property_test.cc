// Templates against a slow model: what a receiver decodes is what one gets by putting
// decoded values into decoded text.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "common/domain/custom_payload.h"
#include "common/domain/event_document.h"
#include "common/domain/json_template.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

// A text as JSON spells it between quotes, and decoded.
struct Spelled {
  std::string raw;
  std::string text;
};

Spelled AnySpelled() {
  static const std::vector<Spelled> kPieces = {
      {"a", "a"},       {" ", " "},        {"\\\"", "\""},
      {"\\\\", "\\"},   {"\\/", "/"},      {"\\n", "\n"},
      {"{ ", "{ "},     {"}}", "}}"},      {"\\u007b\\u007b", "{{"},
      {"\\u00eb", "ë"}, {"\xc3\xab", "ë"}, {"\\ud83d\\ude00", "\U0001F600"}};
  Spelled spelled;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const Spelled& piece = kPieces[*rc::gen::inRange<std::size_t>(0, kPieces.size())];
    spelled.raw += piece.raw;
    spelled.text += piece.text;
  }
  return spelled;
}

// A field's value: its JSON, and what it becomes among text, decoded.
struct Value {
  std::string json;
  std::string shown;
};

Value AnyValue() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return {"", ""};  // absent
    case 1:
      return {"null", ""};
    case 2: {
      const std::string number =
          *rc::gen::element<std::string>("0", "-0", "1.10", "9007199254740993", "1e400");
      return {number, number};
    }
    case 3: {
      const Spelled text = AnySpelled();
      return {"\"" + text.raw + "\"", text.text};
    }
    case 4: {
      const Spelled name = AnySpelled();
      return {"{\"name\":\"" + name.raw + "\",\"id\":7}", name.text};
    }
    default: {
      const std::string json = "[{\"k\": \"" + AnySpelled().raw + "\"},\n\ttrue]";
      return {json, json};
    }
  }
}

struct Situation {
  std::vector<Value> values;

  static Situation Any() {
    Situation situation;
    for (int i = 0; i < 3; ++i) situation.values.push_back(AnyValue());
    return situation;
  }
  EventTexts Event() const {
    std::string object = "{";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].json.empty()) continue;
      if (object.size() > 1) object += ",";
      object += "\"f" + std::to_string(i) + "\":" + values[i].json;
    }
    return {.object = object + "}"};
  }
};

std::string Rendered(const JsonTemplate& compiled, const EventTexts& event) {
  EventDocument document(event.View(), event.previous);
  std::string out;
  RC_ASSERT(compiled.Append(&document, &out).ok());
  RC_ASSERT(compiled.MemberBytes(&document) + 2 == out.size());
  return out;
}

RC_GTEST_PROP(JsonTemplateProperty, TextsDecodeToTextWithValuesPutIn, ()) {
  const Situation situation = Situation::Any();
  std::string raw;
  std::string expected;
  const int count = *rc::gen::inRange(1, 6);
  // Never a placeholder alone: the text begins with a character.
  for (int i = 0; i < count; ++i) {
    const Spelled literal = AnySpelled();
    const auto field = *rc::gen::inRange<std::size_t>(0, situation.values.size());
    raw += "." + literal.raw + "{{object.f" + std::to_string(field) + "}}";
    expected += "." + literal.text + situation.values[field].shown;
  }
  const auto compiled = JsonTemplate::Compile("{\"k\":[\"" + raw + "\"]}");
  RC_LOG() << raw;
  RC_ASSERT(compiled.ok());
  const auto out = json::Document::ParseObject(Rendered(*compiled, situation.Event()));
  RC_ASSERT(out.ok());
  RC_ASSERT(out->root().Find("k")->first_child()->text() == expected);
}

RC_GTEST_PROP(JsonTemplateProperty, PlaceholdersAloneGiveTheValuesBytes, ()) {
  const Situation situation = Situation::Any();
  const auto compiled = JsonTemplate::Compile(
      R"({"a": "{{object.f0}}", "b": ["{{ object.f1 }}"], "c":"{{object.f2}}"})");
  const auto json = [&](int i) {
    const std::string& text = situation.values[static_cast<std::size_t>(i)].json;
    return text.empty() ? "null" : text;
  };
  RC_ASSERT(Rendered(*compiled, situation.Event()) ==
            "{\"a\": " + json(0) + ", \"b\": [" + json(1) + "], \"c\":" + json(2) + "}");
}

RC_GTEST_PROP(CustomPayloadProperty, RowsGiveTheValuesBytes, ()) {
  const Situation situation = Situation::Any();
  const Spelled key = AnySpelled();
  const bool send_id = *rc::gen::arbitrary<bool>();
  const CustomPayloadSpec spec{.fields = {{"k" + key.text, "object.f0", send_id}}};
  const auto compiled = CompiledCustomPayload::Compile(spec);
  RC_ASSERT(compiled.ok());
  const EventTexts event = situation.Event();
  EventDocument document(event.View(), "");
  std::string out = "{\"id\":1";
  RC_ASSERT(compiled->AppendMembers(&document, &out).ok());
  const auto item = json::Document::ParseObject(out + "}");
  RC_ASSERT(item.ok());
  const auto value = item->root().Find("k" + key.text);
  RC_ASSERT(value.has_value());
  const Value& source = situation.values[0];
  if (source.json.starts_with("{\"name\"")) {
    const std::string sent = send_id ? std::string(value->raw()) : value->text();
    RC_ASSERT(sent == (send_id ? "7" : source.shown));
  } else {
    const std::string wanted = source.json.empty() ? "null" : source.json;
    RC_ASSERT(value->raw() == wanted);
  }
}

}  // namespace
}  // namespace windrow::domain
