// The one pass that checks a text and indexes it.
//
// simdjson checks the UTF-8. Its On-Demand parser does not find the structure here, for
// it promises less than this reader must: it does not check a string's escapes unless the
// string is decoded, nor a number's grammar unless it is parsed; it gives tokens no end;
// and what its first stage refuses (an open string, a control character) it refuses
// without saying where. Each byte would still have to be looked at again, so this pass
// looks at it once, and needs no padded copy of the text.
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <limits>

#include "common/json/document.h"
#include "common/json/tokens.h"

namespace windrow::json {
namespace {

constexpr std::uint32_t kNoNode = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kLargestText = kNoNode - 1;
// Objects of up to this many plain keys are checked for repeats without allocating.
constexpr std::size_t kFewKeys = 32;
constexpr std::size_t kMostKeyBytesInErrors = 64;

std::uint64_t MarkOf(std::string_view key) {
  if (key.empty()) return 1;
  const auto first = static_cast<unsigned char>(key.front());
  const auto last = static_cast<unsigned char>(key.back());
  const auto middle = static_cast<unsigned char>(key[key.size() / 2]);
  return std::uint64_t{1} << ((key.size() * 29 + first * 11 + middle * 5 + last) % 64);
}

// A key as it came, cut between characters where it is long.
std::string Shown(std::string_view raw_key) {
  if (raw_key.size() <= kMostKeyBytesInErrors) return std::string(raw_key);
  std::size_t cut = kMostKeyBytesInErrors;
  while (cut > 0 && (raw_key[cut] & 0xc0) == 0x80) --cut;
  return std::string(raw_key.substr(0, cut)) + "…";
}

}  // namespace

// Walks the text once with no recursion: an open container's node keeps its parent's node
// in `end` until the container closes.
class Document::Indexer {
 public:
  Indexer(const std::string& text, int max_depth, std::vector<Node>* nodes)
      : begin_(text.data()),
        end_(begin_ + text.size()),
        p_(begin_),
        max_depth_(max_depth),
        nodes_(*nodes) {}

  absl::Status Run(bool object_wanted) {
    return Walk(object_wanted) ? absl::OkStatus() : std::move(error_);
  }

 private:
  // Where the walk stands: before a value, behind a whole one, or at an error.
  enum class Step { kValue, kBehindValue, kError };

  bool Walk(bool object_wanted);
  bool CheckStart(bool object_wanted);
  Step ReadValue();
  Step ReadString();
  Step ReadNumber();
  Step ReadLiteral(std::string_view word, Type type);
  Step Open(Type type, char closer);
  Step GoOn();
  Step Close();
  Step ReadKey();

  void AddNode();
  Step EndValue(const char* behind, Type type);
  bool CheckKeys(std::uint32_t object);
  bool CheckManyKeys(std::uint32_t object);
  bool FailRepeated(std::uint32_t object, const Node& repeat, std::string_view key);
  bool Fail(const char* at, std::string_view rule);
  Step FailToken(const TokenError& error);

  std::string_view RawKey(const Node& node) const {
    return {begin_ + node.key_begin, node.key_end - node.key_begin};
  }
  std::uint32_t OffsetOf(const char* p) const {
    return static_cast<std::uint32_t>(p - begin_);
  }
  void SkipSpace() {
    while (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t') ++p_;
  }

  const char* const begin_;
  const char* const end_;  // a readable NUL, at which every loop over bytes stops
  const char* p_;
  const int max_depth_;
  std::vector<Node>& nodes_;
  int depth_ = 0;
  std::uint32_t parent_ = kNoNode;  // the innermost open container
  std::uint32_t last_ = 0;          // its last whole child, 0: none
  std::uint32_t key_begin_ = 0;     // of the member that is about to be read
  std::uint32_t key_end_ = 0;
  bool key_escaped_ = false;
  absl::Status error_;
};

bool Document::Indexer::Walk(bool object_wanted) {
  SkipSpace();
  if (!CheckStart(object_wanted)) return false;
  Step step = Step::kValue;
  while (step != Step::kError) {
    if (step == Step::kValue) {
      step = ReadValue();
    } else if (parent_ != kNoNode) {
      step = GoOn();
    } else {
      SkipSpace();
      return p_ == end_ || Fail(p_, fmt::format("nothing may follow the value, found {}",
                                                Describe(p_, end_)));
    }
  }
  return false;
}

bool Document::Indexer::CheckStart(bool object_wanted) {
  const std::string_view wanted = object_wanted ? "a JSON object" : "a JSON value";
  if (begin_ == end_) {
    return Fail(p_, fmt::format("{} is wanted, the text is empty", wanted));
  }
  if (!object_wanted || *p_ == '{') return true;
  const std::string found = *p_ == '['   ? "an array"
                            : *p_ == '"' ? "a string"
                                         : Describe(p_, end_);
  return Fail(p_, fmt::format("{} is wanted, found {}", wanted, found));
}

Document::Indexer::Step Document::Indexer::ReadValue() {
  AddNode();
  switch (*p_) {
    case '{':
      return Open(Type::kObject, '}');
    case '[':
      return Open(Type::kArray, ']');
    case '"':
      return ReadString();
    case 't':
      return ReadLiteral("true", Type::kBool);
    case 'f':
      return ReadLiteral("false", Type::kBool);
    case 'n':
      return ReadLiteral("null", Type::kNull);
    default:
      return ReadNumber();
  }
}

void Document::Indexer::AddNode() {
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  if (last_ != 0) nodes_[last_].next = node;
  last_ = node;
  nodes_.push_back({.begin = OffsetOf(p_),
                    .end = 0,
                    .key_begin = key_begin_,
                    .key_end = key_end_,
                    .next = 0,
                    .type = Type::kNull,
                    .key_escaped = key_escaped_,
                    .has_child = false});
}

Document::Indexer::Step Document::Indexer::EndValue(const char* behind, Type type) {
  Node& node = nodes_.back();
  node.end = OffsetOf(behind);
  node.type = type;
  p_ = behind;
  return Step::kBehindValue;
}

Document::Indexer::Step Document::Indexer::ReadString() {
  bool escaped = false;
  TokenError error;
  const char* behind = ScanString(p_, end_, &escaped, &error);
  return behind != nullptr ? EndValue(behind, Type::kString) : FailToken(error);
}

Document::Indexer::Step Document::Indexer::ReadNumber() {
  if (*p_ != '-' && (*p_ < '0' || *p_ > '9')) {
    Fail(p_, fmt::format("a value is wanted, found {}", Describe(p_, end_)));
    return Step::kError;
  }
  TokenError error;
  const char* behind = ScanNumber(p_, end_, &error);
  return behind != nullptr ? EndValue(behind, Type::kNumber) : FailToken(error);
}

Document::Indexer::Step Document::Indexer::ReadLiteral(std::string_view word, Type type) {
  const std::string_view rest(p_, static_cast<std::size_t>(end_ - p_));
  if (rest.substr(0, word.size()) == word) return EndValue(p_ + word.size(), type);
  Fail(p_, fmt::format("a value is wanted; did you mean {}?", word));
  return Step::kError;
}

Document::Indexer::Step Document::Indexer::Open(Type type, char closer) {
  if (depth_ >= max_depth_) {
    Fail(p_, fmt::format("objects and arrays are nested deeper than the limit of {}",
                         max_depth_));
    return Step::kError;
  }
  ++p_;
  SkipSpace();
  if (*p_ == closer) return EndValue(p_ + 1, type);
  Node& node = nodes_.back();
  node.type = type;
  node.has_child = true;
  node.end = parent_;
  parent_ = static_cast<std::uint32_t>(nodes_.size() - 1);
  last_ = 0;
  ++depth_;
  if (type == Type::kObject) return ReadKey();
  key_begin_ = key_end_ = 0;
  key_escaped_ = false;
  return Step::kValue;
}

// Behind a value in a container: a comma and what it announces, or the container's end.
Document::Indexer::Step Document::Indexer::GoOn() {
  SkipSpace();
  const bool in_object = nodes_[parent_].type == Type::kObject;
  const char closer = in_object ? '}' : ']';
  if (*p_ == closer) return Close();
  if (*p_ != ',') {
    Fail(p_, fmt::format("',' or '{}' is wanted, found {}", closer, Describe(p_, end_)));
    return Step::kError;
  }
  const char* comma = p_++;
  SkipSpace();
  if (*p_ == closer) {
    Fail(comma, fmt::format("no comma may stand before '{}'", closer));
    return Step::kError;
  }
  if (in_object) return ReadKey();
  key_begin_ = key_end_ = 0;
  key_escaped_ = false;
  return Step::kValue;
}

Document::Indexer::Step Document::Indexer::Close() {
  const std::uint32_t closed = parent_;
  Node& node = nodes_[closed];
  parent_ = node.end;
  node.end = OffsetOf(++p_);
  last_ = closed;
  --depth_;
  if (node.type == Type::kObject && !CheckKeys(closed)) return Step::kError;
  return Step::kBehindValue;
}

Document::Indexer::Step Document::Indexer::ReadKey() {
  if (*p_ != '"') {
    Fail(p_, fmt::format("a key in quotes is wanted, found {}", Describe(p_, end_)));
    return Step::kError;
  }
  TokenError error;
  const char* behind = ScanString(p_, end_, &key_escaped_, &error);
  if (behind == nullptr) return FailToken(error);
  key_begin_ = OffsetOf(p_ + 1);
  key_end_ = OffsetOf(behind - 1);
  p_ = behind;
  SkipSpace();
  if (*p_ != ':') {
    Fail(p_, fmt::format("':' is wanted behind a key, found {}", Describe(p_, end_)));
    return Step::kError;
  }
  ++p_;
  SkipSpace();
  return Step::kValue;
}

// Compares a key with those before it only where one of them has the same mark.
bool Document::Indexer::CheckKeys(std::uint32_t object) {
  std::array<std::string_view, kFewKeys> seen;
  std::size_t count = 0;
  std::uint64_t marks = 0;
  for (std::uint32_t at = object + 1; at != 0; at = nodes_[at].next) {
    const Node& node = nodes_[at];
    if (node.key_escaped || count == kFewKeys) return CheckManyKeys(object);
    const std::string_view key = RawKey(node);
    const std::uint64_t mark = MarkOf(key);
    if ((marks & mark) != 0) {
      const auto end = seen.begin() + count;
      if (std::find(seen.begin(), end, key) != end) {
        return FailRepeated(object, node, key);
      }
    }
    marks |= mark;
    seen[count++] = key;
  }
  return true;
}

bool Document::Indexer::CheckManyKeys(std::uint32_t object) {
  absl::flat_hash_set<std::string_view> seen;
  std::deque<std::string> unescaped;  // what `seen` looks at must not move
  for (std::uint32_t at = object + 1; at != 0; at = nodes_[at].next) {
    const Node& node = nodes_[at];
    std::string_view key = RawKey(node);
    if (node.key_escaped) {
      AppendUnescaped(key, &unescaped.emplace_back());
      key = unescaped.back();
    }
    if (!seen.insert(key).second) return FailRepeated(object, node, key);
  }
  return true;
}

// `key` is the repeat's, escapes resolved.
bool Document::Indexer::FailRepeated(std::uint32_t object, const Node& repeat,
                                     std::string_view key) {
  const Node* first = &nodes_[object + 1];
  std::string unescaped;
  for (;;) {
    unescaped.clear();
    AppendUnescaped(RawKey(*first), &unescaped);
    if (unescaped == key) break;
    first = &nodes_[first->next];
  }
  return Fail(begin_ + repeat.key_begin - 1,
              fmt::format("key \"{}\" appears twice in this object (first at byte {})",
                          Shown(RawKey(repeat)), first->key_begin - 1));
}

bool Document::Indexer::Fail(const char* at, std::string_view rule) {
  error_ = absl::InvalidArgumentError(fmt::format("byte {}: {}", at - begin_, rule));
  return false;
}

Document::Indexer::Step Document::Indexer::FailToken(const TokenError& error) {
  Fail(error.at, error.rule);
  return Step::kError;
}

absl::StatusOr<Document> Document::Parse(std::string text, const Limits& limits,
                                         bool object_wanted) {
  const std::size_t max_bytes = std::min(limits.max_bytes, kLargestText);
  if (text.size() > max_bytes) {
    return absl::ResourceExhaustedError(fmt::format(
        "the JSON text has {} bytes, more than the limit of {}", text.size(), max_bytes));
  }
  if (text.starts_with("\xef\xbb\xbf")) {
    return absl::InvalidArgumentError(
        "byte 0: a byte order mark must not precede JSON (RFC 8259, section 8.1)");
  }
  std::size_t bad = 0;
  if (!IsUtf8(text, &bad)) {
    return absl::InvalidArgumentError(fmt::format("byte {}: not UTF-8: 0x{:02x}", bad,
                                                  static_cast<unsigned char>(text[bad])));
  }

  Document document;
  document.text_ = std::move(text);
  // About one node in sixteen bytes of usual events; small ones are done with one
  // allocation, and a large one grows as it needs.
  document.nodes_.reserve(std::min<std::size_t>(document.text_.size() / 16, 4096) + 4);
  absl::Status status =
      Indexer(document.text_, limits.max_depth, &document.nodes_).Run(object_wanted);
  if (!status.ok()) return status;
  return document;
}

absl::StatusOr<Document> Document::ParseObject(std::string text, const Limits& limits) {
  return Parse(std::move(text), limits, true);
}

absl::StatusOr<Document> Document::ParseValue(std::string text, const Limits& limits) {
  return Parse(std::move(text), limits, false);
}

}  // namespace windrow::json
