#include "common/domain/key_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "common/domain/field_path.h"

namespace windrow::domain {
namespace {

using Keys = std::vector<std::string>;

Keys KeysOf(const FieldPath& path) {
  Keys keys;
  for (const PathKey& step : path.keys()) keys.push_back(step.key);
  return keys;
}

// The rule that a path breaks beside those before it, or "".
std::string OverlapRule(const Keys& keys, const std::map<Keys, std::string>& seen) {
  Keys head;
  for (const std::string& key : keys) {
    head.push_back(key);
    const auto outer = seen.find(head);
    if (outer == seen.end()) continue;
    return head.size() == keys.size()
               ? "stands here twice"
               : fmt::format(
                     "lies inside of \"{}\", which is kept whole: remove one of "
                     "the two",
                     outer->second);
  }
  const auto inner = seen.upper_bound(keys);
  if (inner != seen.end() && inner->first.size() > keys.size() &&
      std::equal(keys.begin(), keys.end(), inner->first.begin())) {
    return fmt::format("holds \"{}\", which stands here too: remove one of the two",
                       inner->second);
  }
  return {};
}

}  // namespace

void CheckKeyFields(const std::vector<std::string>& fields, const std::string& prefix,
                    Violations* violations) {
  if (fields.size() > kMaxKeyFields) {
    violations->Add(prefix, fmt::format("has {} fields: at most {} are allowed",
                                        fields.size(), kMaxKeyFields));
    return;
  }
  std::map<Keys, std::string> seen;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string field = fmt::format("{}[{}]", prefix, i);
    if (fields[i].empty()) {
      violations->Add(field, "is empty: name a field of the object, such as status");
      continue;
    }
    const absl::StatusOr<FieldPath> path = FieldPath::ParseInObject(fields[i]);
    if (!path.ok()) {
      violations->Add(field, std::string(path.status().message()));
      continue;
    }
    Keys keys = KeysOf(*path);
    std::string rule = OverlapRule(keys, seen);
    if (!rule.empty()) violations->Add(field, std::move(rule));
    seen.emplace(std::move(keys), fields[i]);
  }
}

KeyFields::KeyFields(std::int32_t id, std::vector<Node> roots)
    : id_(id), roots_(std::move(roots)) {}

absl::StatusOr<KeyFields> KeyFields::Of(std::int32_t id,
                                        const std::vector<std::string>& fields) {
  Violations violations;
  CheckKeyFields(fields, "key_fields", &violations);
  if (fields.empty()) violations.Add("key_fields", "is empty");
  if (!violations.empty()) return violations.ToStatus();
  std::vector<Keys> paths;
  for (const std::string& field : fields) {
    paths.push_back(KeysOf(*FieldPath::ParseInObject(field)));
  }
  // In order, so that paths of one beginning follow each other, and each list is sorted.
  std::sort(paths.begin(), paths.end());
  std::vector<Node> roots;
  for (Keys& keys : paths) {
    std::vector<Node>* level = &roots;
    for (std::string& key : keys) {
      if (level->empty() || level->back().key != key) {
        level->push_back({.key = std::move(key)});
      }
      level = &level->back().children;
    }
  }
  return KeyFields(id, std::move(roots));
}

// False, with `out` as it was, where the object has none of them.
bool KeyFields::AppendMembers(const json::Value& object, const std::vector<Node>& wanted,
                              std::string* out) {
  const std::size_t before = out->size();
  out->push_back('{');
  bool any = false;
  std::string resolved;
  for (auto member = object.first_child(); member; member = member->next()) {
    std::string_view key = member->raw_key();
    if (key.find('\\') != std::string_view::npos) key = resolved = member->key();
    const auto node = std::ranges::lower_bound(wanted, key, {}, &Node::key);
    if (node == wanted.end() || node->key != key) continue;
    const std::size_t member_begin = out->size();
    out->append(any ? ",\"" : "\"").append(member->raw_key()).append("\":");
    if (node->children.empty()) {
      out->append(member->raw());
    } else if (!member->is_object() || !AppendMembers(*member, node->children, out)) {
      out->resize(member_begin);
      continue;
    }
    any = true;
  }
  out->push_back('}');
  if (!any) out->resize(before);
  return any;
}

void KeyFields::Append(const json::Value& object, std::string* out) const {
  if (!AppendMembers(object, roots_, out)) out->append("{}");
}

}  // namespace windrow::domain
