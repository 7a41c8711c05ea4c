// Byte-keeping JSON: a text is checked once and indexed; what is read back are slices
// of that text, so numbers, key order and escapes leave exactly as they came in.
//
// simdjson checks UTF-8, a pass of our own finds the structure (indexer.cc tells why);
// nothing passes through a double.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace windrow::json {

struct Limits {
  std::size_t max_bytes = 1u << 20;
  int max_depth = 128;  // the outermost object is depth 1
};

enum class Type : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

class Document;

// One value inside a Document, which must outlive it. Cheap to copy.
class Value {
 public:
  Type type() const;
  // The value's own bytes in the text, without white space around them.
  std::string_view raw() const;
  bool is_object() const { return type() == Type::kObject; }
  bool is_array() const { return type() == Type::kArray; }
  bool is_scalar() const { return !is_object() && !is_array(); }

  // Strings only: the text with its escapes resolved (UTF-8, may hold NUL).
  std::string text() const;
  // Objects only: the member whose key, escapes resolved, equals `key`.
  std::optional<Value> Find(std::string_view key) const;

  // Iteration over members and elements, in the order of the text:
  //   for (auto v = value.first_child(); v; v = v->next()) …
  std::optional<Value> first_child() const;
  std::optional<Value> next() const;
  // Members only: the key's bytes between its quotes, escapes as they came, and resolved.
  std::string_view raw_key() const;
  std::string key() const;

 private:
  friend class Document;
  Value(const Document* document, std::uint32_t node)
      : document_(document), node_(node) {}
  const Document* document_;
  std::uint32_t node_;
};

// Thread-safe once parsed. Movable; a move keeps Values of the moved-from one invalid.
class Document {
 public:
  // Accepts one JSON object (RFC 8259) and nothing after it. Refuses, each with the byte
  // offset and the rule: bad UTF-8, a byte order mark, repeated keys (compared with
  // escapes resolved), lone surrogates, trailing commas and content, depth and size over
  // the limits (the size as RESOURCE_EXHAUSTED, all else INVALID_ARGUMENT).
  // Time and memory are linear in the size.
  static absl::StatusOr<Document> ParseObject(std::string text,
                                              const Limits& limits = {});
  // As above for any JSON value.
  static absl::StatusOr<Document> ParseValue(std::string text, const Limits& limits = {});

  Value root() const { return Value(this, 0); }
  const std::string& text() const { return text_; }
  // Gives the text back; the document is empty after it.
  std::string Release() &&;

 private:
  friend class Value;
  class Indexer;
  struct Node {
    std::uint32_t begin;  // of the value
    std::uint32_t end;
    std::uint32_t key_begin;  // between the quotes; key_begin == key_end == 0: no key
    std::uint32_t key_end;
    std::uint32_t next;  // sibling's node, 0: none
    Type type;
    bool key_escaped;  // the key holds a backslash
    bool has_child;    // the first child is the node after this one
  };
  static absl::StatusOr<Document> Parse(std::string text, const Limits& limits,
                                        bool object_wanted);

  std::string text_;
  std::vector<Node> nodes_;
};

// Appends `text` (UTF-8) as a JSON string with quotes: `"`, `\` and control characters
// are escaped, everything else is copied.
void AppendString(std::string_view text, std::string* out);
// True where `text` is well-formed UTF-8; else `*offset` is the first byte of the first
// sequence that is not.
bool IsUtf8(std::string_view text, std::size_t* offset);

}  // namespace windrow::json
