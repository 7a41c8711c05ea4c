#include "common/domain/field_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace windrow::domain {
namespace {

constexpr std::pair<PathRoot, std::string_view> kRoots[] = {
    {PathRoot::kObject, "object"},
    {PathRoot::kPrevious, "previous"},
    {PathRoot::kAction, "action"},
    {PathRoot::kLinked, "linked"},
    {PathRoot::kEvent, "event"}};

// No event has room for more elements than this has digits for.
constexpr std::size_t kMaxIndexDigits = 7;

absl::Status Refuse(std::size_t offset, std::string_view rule) {
  return absl::InvalidArgumentError(fmt::format("at byte {}: {}", offset, rule));
}

absl::Status CheckBytes(std::string_view text) {
  if (text.size() > kMaxPathBytes) {
    return absl::InvalidArgumentError(
        fmt::format("has {} bytes: a path has at most {}", text.size(), kMaxPathBytes));
  }
  if (std::size_t offset = 0; !json::IsUtf8(text, &offset)) {
    return Refuse(offset, "this is not UTF-8");
  }
  if (const std::size_t offset = text.find('\0'); offset != std::string_view::npos) {
    return Refuse(offset, "a path cannot hold U+0000");
  }
  return absl::OkStatus();
}

// A key as it was written, and where it began.
struct Piece {
  std::string key;
  std::size_t offset = 0;
};

absl::StatusOr<std::vector<Piece>> Split(std::string_view text) {
  std::vector<Piece> pieces(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      pieces.push_back({.key = "", .offset = i + 1});
      continue;
    }
    if (text[i] == '\\') {
      const bool known =
          i + 1 < text.size() && (text[i + 1] == '.' || text[i + 1] == '\\');
      if (!known) {
        return Refuse(i,
                      "a backslash stands before a dot or a backslash only: write \\\\ "
                      "for one of the key's own");
      }
      ++i;
    }
    pieces.back().key.push_back(text[i]);
  }
  return pieces;
}

std::optional<std::uint32_t> IndexOf(std::string_view key) {
  if (key.empty() || key.size() > kMaxIndexDigits) return std::nullopt;
  if (key.size() > 1 && key[0] == '0') return std::nullopt;
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
  return index;
}

// Of the pieces from `first` on.
std::vector<PathKey> KeysOf(std::vector<Piece>* pieces, std::size_t first) {
  std::vector<PathKey> keys;
  for (std::size_t i = first; i < pieces->size(); ++i) {
    std::string& key = (*pieces)[i].key;
    const std::optional<std::uint32_t> index = IndexOf(key);
    keys.push_back({.key = std::move(key), .index = index});
  }
  return keys;
}

absl::Status TooManyKeys(const Piece& first_too_many) {
  return Refuse(first_too_many.offset,
                fmt::format("a path has at most {} keys", kMaxPathKeys));
}

absl::Status CheckEventField(const std::vector<Piece>& pieces) {
  if (pieces.size() < 2 ||
      std::ranges::find(kEventFields, pieces[1].key) == std::end(kEventFields)) {
    return Refuse(pieces.size() < 2 ? pieces[0].key.size() : pieces[1].offset,
                  fmt::format("event has the fields {}", fmt::join(kEventFields, ", ")));
  }
  if (pieces.size() > 2) {
    return Refuse(pieces[2].offset - 1,
                  fmt::format("event.{} has no fields of its own", pieces[1].key));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FieldPath> FieldPath::Parse(std::string_view text) {
  if (absl::Status status = CheckBytes(text); !status.ok()) return status;
  absl::StatusOr<std::vector<Piece>> pieces = Split(text);
  if (!pieces.ok()) return std::move(pieces).status();
  const auto root = std::ranges::find(kRoots, (*pieces)[0].key,
                                      &std::pair<PathRoot, std::string_view>::second);
  if (root == std::end(kRoots)) {
    return Refuse(0, "a path begins with object, previous, action, linked or event");
  }
  if (pieces->size() - 1 > kMaxPathKeys) {
    return TooManyKeys((*pieces)[kMaxPathKeys + 1]);
  }
  if (root->first == PathRoot::kLinked && pieces->size() < 2) {
    return Refuse(text.size(), "the name of a linked object is wanted: linked.customer");
  }
  if (root->first == PathRoot::kEvent) {
    if (absl::Status status = CheckEventField(*pieces); !status.ok()) return status;
  }
  FieldPath path(root->first, std::string(text));
  path.keys_ = KeysOf(&*pieces, 1);
  return path;
}

absl::StatusOr<FieldPath> FieldPath::ParseInObject(std::string_view text) {
  if (absl::Status status = CheckBytes(text); !status.ok()) return status;
  absl::StatusOr<std::vector<Piece>> pieces = Split(text);
  if (!pieces.ok()) return std::move(pieces).status();
  if (pieces->size() > kMaxPathKeys) return TooManyKeys((*pieces)[kMaxPathKeys]);
  FieldPath path(PathRoot::kObject, fmt::format("object.{}", text));
  path.keys_ = KeysOf(&*pieces, 0);
  return path;
}

std::optional<json::Value> Step(const json::Value& value, const PathKey& key) {
  if (value.is_object()) return value.Find(key.key);
  if (!value.is_array() || !key.index) return std::nullopt;
  std::optional<json::Value> element = value.first_child();
  for (std::uint32_t i = 0; element && i < *key.index; ++i) element = element->next();
  return element;
}

}  // namespace windrow::domain
