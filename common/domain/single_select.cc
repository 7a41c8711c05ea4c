#include "common/domain/single_select.h"

#include <string_view>

namespace windrow::domain {
namespace {

bool HasKey(const json::Value& member, std::string_view key) {
  const std::string_view raw = member.raw_key();
  return raw == key || (raw.find('\\') != std::string_view::npos && member.key() == key);
}

}  // namespace

std::optional<SingleSelect> AsSingleSelect(const json::Value& value) {
  if (!value.is_object()) return std::nullopt;
  std::optional<json::Value> id;
  std::optional<json::Value> name;
  for (auto member = value.first_child(); member; member = member->next()) {
    if (!member->is_scalar()) return std::nullopt;
    if (HasKey(*member, "id")) {
      id = member;
    } else if (HasKey(*member, "name")) {
      name = member;
    } else {
      return std::nullopt;
    }
  }
  if (!id || !name) return std::nullopt;
  return SingleSelect{.id = *id, .name = *name};
}

}  // namespace windrow::domain
