"""Checks cloudrun/ without asking anybody; containers/check runs it. Every fault is said, with its file and place."""

import json
import pathlib
import re
import sys

import googleapiclient
import hcl2
from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parent.parent
TERRAFORM = sorted((ROOT / "cloudrun/terraform").glob("*.tf"))
DOCUMENTS = pathlib.Path(googleapiclient.__file__).parent / "discovery_cache/documents"
TYPES = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "array": list, "object": dict}
faults = []


def fault(place, what):
    faults.append(f"{place}: {what}")


def hold(value, schema, schemas, place):
    """Holds a value against a schema of a discovery document, which has no key that is required."""
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    if not isinstance(value, TYPES[schema.get("type", "object")]):
        fault(place, f"{schema['type']} is expected")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            hold(item, schema["items"], schemas, f"{place}[{i}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if inner is None:
                fault(f"{place}.{key}", f"one of {', '.join(schema.get('properties', {}))} is expected")
            else:
                hold(item, inner, schemas, f"{place}.{key}")


def cloud_run(name, kind):
    """A file for `gcloud run … replace`, as Cloud Run's API describes it."""
    schemas = json.loads((DOCUMENTS / "run.v1.json").read_text())["schemas"]
    text = YAML(typ="safe").load((ROOT / "cloudrun" / name).read_text())
    if text.get("kind") != kind:
        fault(name, f"kind: {kind} is expected")
    hold(text, {"$ref": kind}, schemas, name)


def terraform():
    """All files are HCL, and what they refer to is somewhere in them."""
    blocks, text = set(), ""
    for path in TERRAFORM:
        content = path.read_text()
        text += re.sub(r"#.*", "", content)
        try:
            parsed = hcl2.loads(content)
        except Exception as e:  # whatever its parser makes of it
            fault(path.name, e)
            continue
        plain = lambda name: name.strip('"')
        for kind in ("resource", "data"):
            for block in parsed.get(kind, []):
                for of, named in block.items():
                    blocks |= {f"{'data.' * (kind == 'data')}{plain(of)}.{plain(name)}" for name in named}
        for variable in parsed.get("variable", []):
            blocks |= {f"var.{plain(name)}" for name in variable}
        for names in parsed.get("locals", []):
            local = {f"local.{plain(name)}" for name in names if not name.startswith("__")}
            for name in sorted(local & blocks):
                fault(path.name, f"{name} is there twice")
            blocks |= local
    used = set(re.findall(r"(?<![\w.\"/-])((?:data\.)?(?:google|random)_\w+\.\w+|(?:var|local)\.\w+)", text))
    for name in sorted(used - blocks):
        fault("terraform", f"{name} is used and is nowhere")
    for name in sorted(name for name in blocks - used if name.startswith(("var.", "local."))):
        fault("terraform", f"{name} is not used")


def settings():
    """What is set in the environment is a setting, and the service is set alike by both ways to make it."""
    known = set(re.findall(r"`(GABARITO_\w+)`", (ROOT / "docs/configuration.md").read_text()))
    set_in = lambda path: set(re.findall(r"GABARITO_[A-Z_]+", path.read_text()))
    names = ["containers/Dockerfile", "containers/chromium.Dockerfile", "containers/compose.yaml"]
    paths = [*(ROOT / name for name in names), *(ROOT / "cloudrun").glob("*.yaml"), *TERRAFORM]
    for path in paths:
        for name in sorted(set_in(path) - known):
            fault(path.name, f"{name} is no setting")
    made = set().union(*map(set_in, TERRAFORM))
    for path in (ROOT / "cloudrun").glob("*.yaml"):
        for name in sorted(set_in(path) ^ made):
            fault(path.name, f"{name} is set here or in Terraform, and not in both")


cloud_run("service.yaml", "Service")
cloud_run("job.yaml", "Job")
terraform()
settings()
print("\n".join(faults), file=sys.stderr)
sys.exit(bool(faults))
