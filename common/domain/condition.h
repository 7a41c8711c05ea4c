// Conditions of triggers (product.md, section 2): trees of tests over an event's fields.
//
// ConditionSpec is what a user writes; Compile makes of it what is evaluated.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/json/document.h"

namespace windrow::domain {

class EventDocument;  // event_document.h

// How a value and the test's own values compare, everywhere below:
// - Numbers compare as exact decimals, text by bytes (with ignore_case: by Unicode's
//   simple case folding), true, false and null with themselves. Arrays and objects
//   compare member by member; the order of keys does not matter.
// - A single-select, {"id": 9, "name": "Closed"}, compares by its id with a number and by
//   its name with a text.
// - Values of different types differ, and neither is less.
// A field that is absent makes a test false, but for the five marked "or absent".
enum class TestKind : std::uint8_t {
  kEquals,
  kNotEquals,       // or absent
  kIn,              // equals one of the values
  kNotIn,           // or absent
  kContains,        // a text's substring, or an array's element
  kNotContains,     // or absent
  kStartsWith,      // of a text
  kEndsWith,        // of a text
  kMatches,         // RE2 finds the pattern in the text; anchor with ^ and $
  kLess,            // numbers, or texts by bytes
  kLessOrEqual,     //
  kGreater,         //
  kGreaterOrEqual,  //
  kBetween,         // values[0] ≤ the field ≤ values[1]
  kEmpty,           // null, "", [], {}, or absent
  kNotEmpty,        //
  kExists,          // present, also as null
  kNotExists,       // absent
  // Tests of what an update changed; their paths begin with `object`, and the same path
  // is looked up in `previous`.
  kChanged,      // the event has `previous`, one of both has the field, and they differ
  kNotChanged,   // both have the field, and it is equal
  kChangedTo,    // equals now, and did not before; without `previous`: equals now
  kChangedFrom,  // equalled before, and does not now
};

struct TestSpec {
  TestKind kind = TestKind::kExists;
  std::string path;  // FieldPath
  // JSON texts, byte for byte, with nothing around them: `"Closed"`, `9`, `null`. As many
  // as the kind takes: none, one, two (between), or a list (in, not_in).
  std::vector<std::string> values;
  // Has no effect where no text is compared.
  bool ignore_case = false;

  bool operator==(const TestSpec&) const = default;
};

struct ConditionSpec {
  enum class Kind : std::uint8_t { kAll, kAny, kNot, kTest };

  // All of nothing, at the root, is no condition: every event matches.
  Kind kind = Kind::kAll;
  std::vector<ConditionSpec> children;  // kAll, kAny: any number; kNot: one
  TestSpec test;                        // kTest

  bool operator==(const ConditionSpec&) const = default;
};

inline constexpr std::size_t kMaxTests = 100;          // in a tree
inline constexpr std::size_t kMaxConditionDepth = 16;  // levels, tests included
inline constexpr std::size_t kMaxOperandBytes = 4'096;
inline constexpr int kMaxOperandDepth = 16;
inline constexpr std::size_t kMaxListOperands = 1'000;
inline constexpr std::size_t kMaxConditionBytes = 256u << 10;  // paths and values, a tree
inline constexpr std::size_t kMaxPatterns = 20;  // `matches` tests in a tree
inline constexpr std::size_t kMaxPatternBytes = 1'024;
inline constexpr std::int64_t kMaxPatternMemory = 1 << 20;  // what RE2 may use, a pattern
// RE2's time is linear: at worst, for a pattern made to be slow, some 12 ns a byte of
// text and step, of which this is the limit; a nanosecond a byte for any other.
inline constexpr int kMaxPatternSteps = 1'000;

// "equals", "not_in", …: the names of product.md, of the API and of storage.
std::string_view NameOf(TestKind kind);
std::optional<TestKind> TestKindFromName(std::string_view name);

// Adds a violation for every broken rule, with paths under `prefix`:
// "{prefix}.all[2].not.test.path", "{prefix}.any[0].test.values[1]". Refused beside the
// limits: paths that FieldPath refuses, `event.escmsg_id` (it is given only after the
// conditions are decided), values that are not JSON or not of a type that the test can
// compare, patterns that RE2 refuses, groups of nothing below the root.
void Validate(const ConditionSpec& spec, const std::string& prefix,
              Violations* violations);

// The `matches` tests in the tree.
std::size_t PatternsIn(const ConditionSpec& spec);

// A condition ready to be evaluated. Immutable, thread-safe, cheap to copy.
class CompiledCondition {
 public:
  // INVALID_ARGUMENT with the violations of Validate, under "condition".
  static absl::StatusOr<CompiledCondition> Compile(const ConditionSpec& spec);

  // True where every event matches.
  bool always() const;

  struct Tree;
  const Tree& tree() const { return *tree_; }

 private:
  explicit CompiledCondition(std::shared_ptr<const Tree> tree);

  std::shared_ptr<const Tree> tree_;
};

// Takes the event apart no further than the tests ask, and stops at the first test that
// decides. Allocates nothing for a field, but for RE2's own states and, where objects of
// many members are compared whole, a table of their keys.
bool Evaluate(const CompiledCondition& condition, EventDocument* event);

// Values in explanations are cut to this, between characters.
inline constexpr std::size_t kMaxSeenBytes = 256;

// A value that a test saw.
struct SeenValue {
  std::string json;  // its bytes as published, cut to kMaxSeenBytes
  bool cut = false;

  bool operator==(const SeenValue&) const = default;
};

// What became of one node of the tree. Every node is evaluated, also behind the one that
// decides.
struct ConditionVerdict {
  ConditionSpec::Kind kind = ConditionSpec::Kind::kAll;
  bool matched = false;
  std::vector<ConditionVerdict> children;

  // Tests only.
  TestSpec test;
  std::optional<SeenValue> value;     // none: the field is absent
  std::optional<SeenValue> previous;  // tests of changes, where `previous` has the field
  std::string why;                    // one clause: "the field is absent"

  bool operator==(const ConditionVerdict&) const = default;
};

ConditionVerdict Explain(const CompiledCondition& condition, EventDocument* event);

// JSON for storage, and back:
//   {"all": [c, …]}  {"any": [c, …]}  {"not": c}
//   {"test": "equals", "path": "object.team", "values": [3], "ignore_case": true}
// Appends what Validate accepts; anything else may not be JSON.
void AppendJson(const ConditionSpec& spec, std::string* out);
// DATA_LOSS where anything is not known, missing or of another type; the values are
// checked by Validate only.
absl::StatusOr<ConditionSpec> ConditionFromJson(const json::Value& value);
absl::StatusOr<ConditionSpec> ConditionFromJson(std::string json);

}  // namespace windrow::domain
