// The JSON reader (common/json): takes what simdjson takes, but for repeated keys and
// depth, and gives back what came in.
#include "common/json/document.h"
#include "tests/fuzz/json_check.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

using json::Document;
using json::Value;

void CheckText(const std::string& text) {
  std::size_t offset = 0;
  Require(json::IsUtf8(text, &offset), "a text is UTF-8");
  std::string written;
  json::AppendString(text, &written);
  const auto read = Document::ParseValue(written);
  Require(read.ok() && read->root().text() == text, "a written text is read as itself");
}

void CheckValue(const Value& value) {
  const auto alone =
      Document::ParseValue(std::string(value.raw()), {.max_bytes = value.raw().size()});
  Require(alone.ok() && alone->root().type() == value.type(), "a value stands by itself");
  if (value.type() == json::Type::kString) CheckText(value.text());
  for (auto child = value.first_child(); child; child = child->next()) {
    if (value.is_object()) {
      CheckText(child->key());
      const auto found = value.Find(child->key());
      Require(found && found->raw().data() == child->raw().data(),
              "a member is found by its key");
    }
    CheckValue(*child);
  }
}

}  // namespace

WINDROW_FUZZ_TARGET(json) {
  const std::string text(input);
  const JsonFacts facts = FactsOf(text);
  const auto value = Document::ParseValue(text);
  Require(value.ok() == (facts.valid && !facts.repeated_keys && facts.depth <= 128),
          "the reader and simdjson agree");
  const auto object = Document::ParseObject(text);
  Require(object.ok() == (value.ok() && value->root().is_object()),
          "ParseObject takes the objects that ParseValue takes");
  const auto shallow = Document::ParseValue(text, {.max_depth = 2});
  Require(shallow.ok() == (value.ok() && facts.depth <= 2),
          "the limit of depth is exact");
  if (!value.ok()) {
    Require(std::string(value.status().message()).starts_with("byte "),
            "an error names its place");
    return;
  }
  Require(value->text() == text, "the text stays as it came");
  CheckValue(value->root());
}

}  // namespace windrow::fuzz
