#include "common/domain/value_equality.h"

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <optional>
#include <string>

#include "common/domain/case_fold.h"
#include "common/domain/decimal.h"

namespace windrow::domain {
namespace {

// Objects of more members are compared through a table of keys.
constexpr std::size_t kFewMembers = 16;

struct Comparison {
  bool ignore_case;
  EventDocument* texts;

  bool Same(const json::Value& a, const json::Value& b) const;
  bool SameText(const json::Value& a, const json::Value& b) const;
  bool SameArray(const json::Value& a, const json::Value& b) const;
  bool SameObject(const json::Value& a, const json::Value& b) const;
  bool SameByTable(const json::Value& a, const json::Value& b) const;
};

std::size_t CountMembers(const json::Value& object) {
  std::size_t count = 0;
  for (auto member = object.first_child(); member; member = member->next()) ++count;
  return count;
}

bool Comparison::Same(const json::Value& a, const json::Value& b) const {
  if (a.type() != b.type()) return false;
  if (a.raw() == b.raw()) return true;
  switch (a.type()) {
    case json::Type::kNull:
    case json::Type::kBool:
      return false;
    case json::Type::kNumber:
      return Decimal(a.raw()) == Decimal(b.raw());
    case json::Type::kString:
      return SameText(a, b);
    case json::Type::kArray:
      return SameArray(a, b);
    case json::Type::kObject:
      return SameObject(a, b);
  }
  return false;
}

bool Comparison::SameText(const json::Value& a, const json::Value& b) const {
  const std::string_view left = texts->Text(a, 0);
  const std::string_view right = texts->Text(b, 1);
  return ignore_case ? CompareFolded(left, right) == 0 : left == right;
}

bool Comparison::SameArray(const json::Value& a, const json::Value& b) const {
  auto left = a.first_child();
  auto right = b.first_child();
  while (left && right) {
    if (!Same(*left, *right)) return false;
    left = left->next();
    right = right->next();
  }
  return !left && !right;
}

bool Comparison::SameObject(const json::Value& a, const json::Value& b) const {
  // In the same order, as one program writes them, no key is looked up.
  auto left = a.first_child();
  auto right = b.first_child();
  while (left && right && left->raw_key() == right->raw_key()) {
    if (!Same(*left, *right)) return false;
    left = left->next();
    right = right->next();
  }
  if (!left && !right) return true;
  const std::size_t members = CountMembers(a);
  if (members != CountMembers(b)) return false;
  if (members > kFewMembers) return SameByTable(a, b);
  for (auto member = a.first_child(); member; member = member->next()) {
    const auto other = b.Find(member->key());
    if (!other || !Same(*member, *other)) return false;
  }
  return true;
}

bool Comparison::SameByTable(const json::Value& a, const json::Value& b) const {
  absl::flat_hash_map<std::string, json::Value> members;
  for (auto member = b.first_child(); member; member = member->next()) {
    members.emplace(member->key(), *member);
  }
  for (auto member = a.first_child(); member; member = member->next()) {
    const auto other = members.find(member->key());
    if (other == members.end() || !Same(*member, other->second)) return false;
  }
  return true;
}

}  // namespace

bool SameValue(const json::Value& a, const json::Value& b, bool ignore_case,
               EventDocument* texts) {
  return Comparison{.ignore_case = ignore_case, .texts = texts}.Same(a, b);
}

}  // namespace windrow::domain
