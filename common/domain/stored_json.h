// Structs as JSON objects for storage, and back: what the files share that know the
// structs. Internal to common/domain and common/store.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/base/status.h"
#include "common/json/document.h"

namespace windrow::domain {

// Writes one object; members in the order of the calls.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string* out) : out_(out) { out_->push_back('{'); }
  ~ObjectWriter() { out_->push_back('}'); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  std::string* Key(std::string_view key) {
    if (!std::exchange(first_, false)) out_->push_back(',');
    json::AppendString(key, out_);
    out_->push_back(':');
    return out_;
  }
  void Text(std::string_view key, std::string_view value) {
    json::AppendString(value, Key(key));
  }
  void Bool(std::string_view key, bool value) {
    Key(key)->append(value ? "true" : "false");
  }
  // Doubles in their shortest form that reads back as the same.
  template <typename T>
  void Number(std::string_view key, T value) {
    fmt::format_to(std::back_inserter(*Key(key)), "{}", value);
  }
  void Duration(std::string_view key, absl::Duration value) {
    Number(key, absl::ToInt64Milliseconds(value));
  }

 private:
  std::string* out_;
  bool first_ = true;
};

template <typename List, typename Write>
void WriteArray(const List& list, std::string* out, Write write) {
  out->push_back('[');
  bool first = true;
  for (const auto& element : list) {
    if (!std::exchange(first, false)) out->push_back(',');
    write(element, out);
  }
  out->push_back(']');
}

template <typename Enum, std::size_t n>
std::string_view NameOf(Enum value, const std::pair<Enum, std::string_view> (&names)[n]) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "";
}

// DATA_LOSS: what is stored is not what this release writes.
inline absl::Status Unreadable(std::string_view what) {
  return absl::DataLossError(
      fmt::format("stored webhook: {}; it may come from a newer release", what));
}

inline absl::Status Read(const json::Value& value, std::string* out) {
  if (value.type() != json::Type::kString) return Unreadable("a text is wanted");
  *out = value.text();
  return absl::OkStatus();
}

inline absl::Status Read(const json::Value& value, bool* out) {
  if (value.type() != json::Type::kBool) return Unreadable("true or false is wanted");
  *out = value.raw() == "true";
  return absl::OkStatus();
}

template <typename T>
  requires std::is_arithmetic_v<T>
absl::Status Read(const json::Value& value, T* out) {
  const std::string_view raw = value.raw();
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), *out);
  if (value.type() != json::Type::kNumber || error != std::errc() ||
      end != raw.data() + raw.size()) {
    return Unreadable("a number in range is wanted");
  }
  return absl::OkStatus();
}

// From milliseconds.
inline absl::Status Read(const json::Value& value, absl::Duration* out) {
  std::int64_t milliseconds = 0;
  WINDROW_RETURN_IF_ERROR(Read(value, &milliseconds));
  *out = absl::Milliseconds(milliseconds);
  return absl::OkStatus();
}

template <typename Enum, std::size_t n>
absl::Status ReadName(const json::Value& value,
                      const std::pair<Enum, std::string_view> (&names)[n], Enum* out) {
  std::string text;
  WINDROW_RETURN_IF_ERROR(Read(value, &text));
  for (const auto& [known, name] : names) {
    if (name != text) continue;
    *out = known;
    return absl::OkStatus();
  }
  return Unreadable(fmt::format("\"{}\" is not known", text));
}

// Calls `read(key, value)` for each member.
template <typename ReadMember>
absl::Status ReadObject(const json::Value& value, ReadMember read) {
  if (!value.is_object()) return Unreadable("an object is wanted");
  for (auto member = value.first_child(); member; member = member->next()) {
    WINDROW_RETURN_IF_ERROR(read(member->key(), *member));
  }
  return absl::OkStatus();
}

inline absl::Status UnknownField(std::string_view key) {
  return Unreadable(fmt::format("the field \"{}\" is not known", key));
}

}  // namespace windrow::domain
