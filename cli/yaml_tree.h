// YAML as a tree of plain texts with their places, for files that people write: nothing
// is converted, so `1.10` and `9007199254740993` stay as they were written.
//
// What a file can do to its reader is bounded: anchors, aliases and merge keys are
// refused (a few hundred bytes of them can stand for gigabytes), as are repeated keys,
// deep nesting, too many values, and bytes that are not UTF-8 or are control characters.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace windrow::cli {

// Counted from 1; columns in bytes.
struct YamlPlace {
  int line = 1;
  int column = 1;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  YamlPlace place;
  std::string text;    // scalars: without quotes, escapes resolved
  bool plain = false;  // scalars: without quotes
  std::string tag;     // such as "!json"; "" where there is none
  std::vector<YamlNode> list;
  std::vector<YamlEntry> map;  // in the file's order

  // What it is, for a person: "a list".
  std::string_view KindText() const;
};

// Of a map: a key, which is a scalar, and its value.
struct YamlEntry {
  YamlNode first, second;
};

constexpr std::size_t kMaxYamlBytes = 16u << 20;
constexpr int kMaxYamlDepth = 64;
constexpr int kMaxYamlNodes = 1'000'000;  // values and keys of a file

// The documents of a text, those that hold nothing left out. INVALID_ARGUMENT where it
// breaks a rule, with "file:line:column: what: the way out"; RESOURCE_EXHAUSTED over a
// limit. `file` is for messages only. Thread-safe.
absl::StatusOr<std::vector<YamlNode>> ReadYaml(std::string_view text,
                                               std::string_view file);

}  // namespace windrow::cli
