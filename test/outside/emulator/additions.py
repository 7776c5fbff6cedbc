"""What ministack lacks of the services that this stack uses. Starts it with these additions.

This file is our own reading of AWS and proves nothing by itself. What the level `outside` judges is ministack's: CloudFormation's order and
replacement, the evaluation of policies, the packaging, mappings and partial batches, rules and their patterns, Route 53's lists and batches,
EC2's queries. Added here:

- EC2: `pending` and `stopping` take a while; each start gives another address, of TEST-NET-3; state changes are events.
- Systems Manager: documents, ListCommandInvocations, commands that run on the bench's hosts and end with an event; events of Parameter Store.
- What IAM is asked: documents and instances of SendCommand, paths and lists of parameters, keys of conditions of Route 53, Systems Manager
  and EventBridge, policies of queues, what a mapping needs of its function's role, and what CloudFormation needs of the deployer.
- Every call is taken for HTTPS, as on AWS: the bucket's policy admits nothing else.

ministack's private functions are replaced: the version is pinned in emulator.ts.
"""

import asyncio
import contextvars
import functools
import itertools
import json
import os
import re
import time
import urllib.request

from defusedxml.ElementTree import fromstring
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as gateway
from ministack.core import iam_actions, iam_evaluator
from ministack.core.concurrency import spawn_background
from ministack.core.responses import (
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)
from ministack.services import ec2, eventbridge, route53, sqs, ssm
from ministack.services.cloudformation import engine, provisioners, stacks

BENCH = os.environ["BENCH_URL"]
DECISIONS = os.environ["DECISIONS_FILE"]


def around(module, name):
    """Replaces a function of ministack; the new one gets the old one first."""

    def decorate(wrap):
        setattr(module, name, functools.partial(wrap, getattr(module, name)))
        return wrap

    return decorate


def emit(source, detail_type, detail):
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def bench(method, path, body):
    request = urllib.request.Request(BENCH + path, json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


# EC2


ADDRESSES = (f"203.0.113.{last}" for last in itertools.count(10))
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


@around(ec2, "_random_ip")
def random_ip(original, prefix):
    return original(prefix) if prefix.startswith("10.") else next(ADDRESSES)


@around(ec2, "instance_is_managed")
def instance_is_managed(_original, instance_id):
    return bool(ec2._instances.get(instance_id, {}).get("_ssm_managed"))


def enter(instance_id, state, address=None):
    ec2._instances[instance_id].update(
        State={"Code": CODES[state], "Name": state}, PublicIpAddress=address, _ssm_managed=False
    )
    emit("aws.ec2", "EC2 Instance State-change Notification", {"instance-id": instance_id, "state": state})


def move(instance_id, state, address):
    time.sleep(0.3)
    if state == "running":
        enter(instance_id, state, address)
        bench("PUT", f"/hosts/{instance_id}", {"address": address})
        # The agent registers some time after `running`: until then SendCommand says InvalidInstanceId.
        time.sleep(1)
        ec2._instances[instance_id]["_ssm_managed"] = True
    else:
        bench("PUT", f"/hosts/{instance_id}", {"address": None})
        enter(instance_id, state)


def moving(action, through, to):
    def act(original, p):
        before = {key: one["State"]["Name"] for key, one in ec2._instances.items()}
        reply = original(p)
        for instance_id in dict.fromkeys(re.findall(r"<instanceId>(i-\w+)<", as_text(reply[2]))):
            if before.get(instance_id) == to:
                continue
            address = None
            if to == "running":
                address = next(ADDRESSES)
                ec2._instances[instance_id]["LaunchTime"] = ec2._now_ts()
            enter(instance_id, through)
            spawn_background(move, instance_id, to, address)
        return reply

    ec2._ACTION_MAP[action] = functools.partial(act, ec2._ACTION_MAP[action])


moving("RunInstances", "pending", "running")
moving("StartInstances", "pending", "running")
moving("StopInstances", "stopping", "stopped")
moving("TerminateInstances", "shutting-down", "terminated")


def as_text(body):
    return body.decode() if isinstance(body, bytes) else body


# Systems Manager: parameters


@around(ssm, "_put_parameter")
def put_parameter(original, data):
    operation = "Update" if data.get("Name") in ssm._parameters else "Create"
    return told(original(data), operation, data)


@around(ssm, "_delete_parameter")
def delete_parameter(original, data):
    return told(original(data), "Delete", data)


def told(reply, operation, data):
    if reply[0] == 200:
        detail = {"name": data["Name"], "type": data.get("Type", "String"), "operation": operation}
        emit("aws.ssm", "Parameter Store Change", detail)
    return reply


# Systems Manager: documents and commands

documents = AccountRegionScopedDict()


def create_document(_logical_id, props, _stack_name):
    name = props["Name"]
    if name in documents:
        raise ValueError(f"Document with same name {name} already exists")
    documents[name] = props["Content"]
    return name, {}


def delete_document(physical_id, _props):
    documents.pop(physical_id, None)


provisioners._RESOURCE_HANDLERS["AWS::SSM::Document"] = {"create": create_document, "delete": delete_document}
# UpdateMethod is Replace unless said otherwise: another content is another document.
provisioners._REPLACING_PROPERTIES["AWS::SSM::Document"] = ("Name", "Content", "DocumentType", "DocumentFormat")
provisioners._CUSTOM_NAME_REPLACEMENT["AWS::SSM::Document"] = {"name": "Name"}
# ministack runs only what stands here, and takes any other document for done.
ssm._SHELL_DOCUMENTS = documents


def ssm_error(code, message):
    return error_response_json(code, message, 400)


@around(ssm, "_send_command")
def send_command(original, data):
    content = documents.get(data.get("DocumentName", ""))
    if content is None:
        return ssm_error("InvalidDocument", f"document {data.get('DocumentName')} does not exist")
    declared, given = content.get("parameters", {}), data.get("Parameters", {})
    parameters = {name: given.get(name, [rule.get("default")]) for name, rule in declared.items()}
    wrong = [name for name in given if name not in declared]
    wrong += [name for name, values in parameters.items() if not all(fits(one, declared[name]) for one in values)]
    if wrong:
        return ssm_error("InvalidParameters", f"Parameters [{', '.join(wrong)}] are not as the document wants them")
    return original({**data, "Parameters": parameters})


def fits(value, rule):
    return value is not None and re.search(rule.get("allowedPattern", ""), value) is not None


@around(ssm, "_finish_invocation")
def finish_invocation(_original, command_id, instance_id, _argv):
    record = ssm._commands[command_id]
    ends(record, instance_id, "InProgress")
    asked = {"content": documents[record["DocumentName"]], "parameters": record["Parameters"]}
    report = bench("POST", f"/hosts/{instance_id}/run", asked)
    # None: the host went down under it, and nobody is left to report.
    if report is not None:
        record["Invocations"][instance_id].update(
            ResponseCode=report["responseCode"],
            StandardOutputContent=report["stdout"],
            StandardErrorContent=report["stderr"],
        )
        ends(record, instance_id, report["status"])


def ends(record, instance_id, status):
    record["Invocations"][instance_id].update(Status=status, StatusDetails=status)
    ssm._refresh_command_status(record)
    detail = {"command-id": record["CommandId"], "document-name": record["DocumentName"]}
    detail |= {"instance-id": instance_id, "status": status}
    emit("aws.ssm", "EC2 Command Invocation Status-change Notification", detail)


def list_command_invocations(data):
    """A page is cut before it is filtered (boto3 issues 2643 and 3791)."""
    start = int(data.get("NextToken") or 0)
    most = data.get("MaxResults", 50)
    commands = sorted(ssm._commands.values(), key=lambda one: -one["RequestedDateTime"])
    every = [(command, one) for command in commands for one in command["Invocations"].values()]
    page = [
        {key: one[key] for key in ("CommandId", "InstanceId", "Comment", "DocumentName", "Status", "StatusDetails")}
        | {"RequestedDateTime": command["RequestedDateTime"]}
        for command, one in every[start : start + most]
        if data.get("InstanceId") in (None, one["InstanceId"])
        and data.get("CommandId") in (None, one["CommandId"])
        and all(passes(command, one, rule) for rule in data.get("Filters", []))
    ]
    more = {"NextToken": str(start + most)} if start + most < len(every) else {}
    return json_response({"CommandInvocations": page, **more})


def passes(command, invocation, rule):
    requested = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(command["RequestedDateTime"]))
    return {
        "InvokedAfter": lambda value: requested >= value,
        "InvokedBefore": lambda value: requested < value,
        "DocumentName": lambda value: invocation["DocumentName"] == value,
        "Status": lambda value: invocation["Status"] == value,
    }[rule["key"]](rule["value"])


ADDED = {"ListCommandInvocations": list_command_invocations}


@around(ssm, "handle_request")
async def ssm_request(original, method, path, headers, body, query):
    added = ADDED.get(headers.get("x-amz-target", "").split(".")[-1])
    return added(json.loads(body)) if added else await original(method, path, headers, body, query)


# CloudFormation: what depends on nothing may come first


@around(stacks, "_topological_sort")
def topological_sort(original, resources, conditions):
    """It promises no order but that of dependencies. ministack goes by names; here the last name that may begin does."""
    waiting, order = set(original(resources, conditions)), []
    while waiting:
        ready = [name for name in waiting if not (engine._extract_deps(resources[name], waiting) - {name})]
        order.append(max(ready))
        waiting.remove(order[-1])
    return order


# What IAM is asked

# (resource, keys of conditions) for each resource that the request is about; the caller's access key.
asked_about = contextvars.ContextVar("asked_about", default=None)
caller_key = contextvars.ContextVar("caller_key", default="")


def named(service, rest):
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{rest}"


def of_send_command(data):
    document = named("ssm", f"document/{data['DocumentName']}")
    tags = lambda key: {f"ssm:resourceTag/{tag['Key']}": tag["Value"] for tag in ec2._tags.get(key, [])}
    return [(document, {})] + [(named("ec2", f"instance/{one}"), tags(one)) for one in data["InstanceIds"]]


def of_names(data):
    return [(named("ssm", f"parameter/{name.lstrip('/')}"), {}) for name in data["Names"]]


def of_path(data):
    return [(named("ssm", f"parameter/{data['Path'].strip('/')}"), {})]


def of_put_events(data):
    keys = {"events:source": "Source", "events:detail-type": "DetailType"}
    return [
        (named("events", f"event-bus/{bus}"), {key: [one[field] for one in entries] for key, field in keys.items()})
        for bus, entries in by(data["Entries"], lambda one: one.get("EventBusName", "default")).items()
    ]


def by(items, key):
    groups = {}
    for one in items:
        groups.setdefault(key(one), []).append(one)
    return groups


OF_JSON = {
    "SendCommand": of_send_command,
    "GetParameters": of_names,
    "DeleteParameters": of_names,
    "GetParametersByPath": of_path,
    "PutEvents": of_put_events,
    "DescribeRepositories": lambda data: [(named("ecr", f"repository/{name}"), {}) for name in data["repositoryNames"]],
}


def of_route53(method, path, body):
    """Names in lower case without the trailing dot, actions in upper case (Route 53, fine-grained access)."""
    _, _, kind, identity, *rest = path.split("/") + [""]
    resource = f"arn:aws:route53:::{kind}/{identity}"
    if method != "POST" or rest[:1] != ["rrset"]:
        return [(resource, {})] if kind == "change" else None
    space = f"{{{route53.NS}}}"
    changes = list(fromstring(body).iter(f"{space}Change"))
    texts = lambda tag: [change.find(f".//{space}{tag}").text for change in changes]
    prefix = "route53:ChangeResourceRecordSets"
    keys = {
        f"{prefix}NormalizedRecordNames": [normalized(name) for name in texts("Name")],
        f"{prefix}RecordTypes": texts("Type"),
        f"{prefix}Actions": [action.upper() for action in texts("Action")],
    }
    return [(resource, keys)]


def normalized(name):
    return "".join(one if re.match(r"[a-z0-9_.-]", one) else f"\\{ord(one):03o}" for one in name.lower().rstrip("."))


@around(iam_actions, "extract_resource_arn")
def extract_resource_arn(original, service, method, path, headers, body, *rest):
    of = OF_JSON.get(headers.get("x-amz-target", "").split(".")[-1])
    found = of_route53(method, path, body) if service == "route53" else of(json.loads(body)) if of else None
    asked_about.set(found)
    return found[0][0] if found else original(service, method, path, headers, body, *rest)


@around(iam_evaluator, "enforce")
def enforce(original, access_key, action, service, region, resource_arn="*", service_context=None):
    caller_key.set(access_key)
    # The rights of a call for many messages are those of the call for one (SQS, API permissions).
    action = re.sub(r"^(sqs:\w+)Batch$", r"\1", action)
    found, _ = asked_about.get() or [(resource_arn, {})], asked_about.set(None)
    for arn, keys in found:
        denied = original(access_key, action, service, region, arn, {**(service_context or {}), **keys})
        decide(iam_evaluator.caller_arn(), action, arn, denied)
        if denied:
            return denied
    return None


def decide(principal, action, resource, denied):
    with open(DECISIONS, "a", encoding="utf-8") as file:
        entry = {"principal": principal, "action": action, "resource": resource, "denied": bool(denied)}
        file.write(json.dumps(entry) + "\n")


@around(eventbridge, "_invoke_target")
def invoke_target(original, target, event, rule, view=None):
    arn = target["Arn"]
    if ":sqs:" in arn:
        denied = not sqs.queue_policy_allows(arn, "events.amazonaws.com", rule["Arn"], get_account_id())
        decide(rule["Arn"], "sqs:SendMessage", arn, denied)
        if denied:
            return
    original(target, event, rule, view)


@around(gateway, "pin_request_origin")
def pin_request_origin(original, source_ip, _secure_transport):
    original(source_ip, True)


# What CloudFormation asks of the deployer: by type the service, the resource, and the actions of create, update and delete.

POLICY_OF = {"AWS::SQS::QueuePolicy": ("Queues", "sqs:SetQueueAttributes"), "AWS::SNS::TopicPolicy": ("Topics", "sns:SetTopicAttributes")}
RIGHTS = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{}", "PutMetricAlarm", "PutMetricAlarm", "DeleteAlarms"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "dashboard/{}", "PutDashboard", "PutDashboard", "DeleteDashboards"),
    "AWS::Events::Rule": ("events", "rule/{}", "PutRule PutTargets", "PutRule PutTargets RemoveTargets", "RemoveTargets DeleteRule"),
    "AWS::IAM::Role": ("iam", "role/{}", "CreateRole PutRolePolicy", "PutRolePolicy UpdateAssumeRolePolicy", "DeleteRolePolicy DeleteRole"),
    "AWS::Lambda::EventSourceMapping": ("lambda", "*", "CreateEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"),
    "AWS::Lambda::Function": ("lambda", "function:{}", "CreateFunction GetFunction", "UpdateFunctionCode UpdateFunctionConfiguration", "DeleteFunction"),
    "AWS::Lambda::Permission": ("lambda", "function:{FunctionName}", "AddPermission", "AddPermission RemovePermission", "RemovePermission"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{}", "CreateLogGroup PutRetentionPolicy", "PutRetentionPolicy", "DeleteLogGroup"),
    "AWS::S3::Bucket": ("s3", "{}", "CreateBucket PutEncryptionConfiguration PutBucketPublicAccessBlock", "PutBucketTagging", "DeleteBucket"),
    "AWS::S3::BucketPolicy": ("s3", "{Bucket}", "PutBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    "AWS::SNS::Topic": ("sns", "{}", "CreateTopic", "SetTopicAttributes", "DeleteTopic"),
    "AWS::SQS::Queue": ("sqs", "{}", "CreateQueue SetQueueAttributes", "SetQueueAttributes", "DeleteQueue"),
    "AWS::SSM::Document": ("ssm", "document/{}", "CreateDocument DescribeDocument", "UpdateDocument", "DeleteDocument"),
    "AWS::SSM::Parameter": ("ssm", "parameter{}", "PutParameter", "PutParameter", "DeleteParameter"),
}


def arn_of(service, pattern, physical_id, props):
    rest = pattern.format(re.split(r"[:/]", physical_id)[-1] if service in ("sqs", "sns") else physical_id, **props)
    if rest == "*" or rest.startswith("arn:"):
        return rest
    if service == "s3":
        return f"arn:aws:s3:::{rest}"
    if service == "iam" or pattern.startswith("dashboard"):
        return f"arn:aws:{service}::{get_account_id()}:{rest}"
    return named(service, rest.replace("function:arn:", "arn:"))


def rights(resource_type, act, physical_id, props):
    """(action, resource, keys of conditions) that the deployer needs; `act`: 0 create, 1 update, 2 delete."""
    if resource_type in POLICY_OF:
        field, action = POLICY_OF[resource_type]
        for one in props[field]:
            yield action, named(action.split(":")[0], re.split(r"[:/]", one)[-1]), {}
        return
    if resource_type not in RIGHTS:
        raise ValueError(f"{resource_type}: nobody has said here what CloudFormation asks for it")
    service, pattern, *actions = RIGHTS[resource_type]
    keys = {"lambda:FunctionArn": function_arn(props)} if resource_type.endswith("EventSourceMapping") else {}
    for action in actions[act].split():
        yield f"{service}:{action}", arn_of(service, pattern, physical_id, props), keys
    if resource_type == "AWS::Lambda::Function" and act < 2:
        yield "iam:PassRole", props["Role"], {"iam:PassedToService": "lambda.amazonaws.com"}


def function_arn(props):
    name = props["FunctionName"]
    return name if name.startswith("arn:") else named("lambda", f"function:{name}")


def ask_deployer(resource_type, act, physical_id, props):
    for action, arn, keys in rights(resource_type, act, physical_id, props):
        if iam_evaluator.enforce(caller_key.get(), action, action.split(":")[0], get_region(), arn, keys):
            raise ValueError(f"{iam_evaluator.caller_arn()} is not authorized to perform: {action} on resource: {arn}")


def ask_role_of_mapping(props):
    """CreateEventSourceMapping looks whether the function's role may do what Lambda does with a queue."""
    from ministack.services import lambda_svc

    name = props["FunctionName"].split(":")[-1]
    role = lambda_svc._functions[name]["config"]["Role"]
    policies = iam_evaluator._gather_role_policies(role.split("/")[-1], get_account_id())
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        context = iam_evaluator.EvalContext(
            principal_arn=role, principal_type="AssumedRole", principal_account=get_account_id(),
            action=action, resource_arn=props["EventSourceArn"], region=get_region(),
        )  # fmt: skip
        denied = iam_evaluator.evaluate(context, policies).decision != "Allow"
        decide(role, action, props["EventSourceArn"], denied)
        if denied:
            raise ValueError(f"The provided execution role does not have permissions to call {action.split(':')[1]} on SQS")


def asking(resource_type, handlers):
    """The handlers of a type, each of which first asks for the deployer's rights; what is created has its name only afterwards."""

    def create(logical_id, props, *rest):
        if resource_type == "AWS::Lambda::EventSourceMapping":
            ask_role_of_mapping(props)
        physical_id, attributes = handlers["create"](logical_id, props, *rest)
        ask_deployer(resource_type, 0, physical_id, props)
        return physical_id, attributes

    def update(physical_id, old, new, *rest):
        ask_deployer(resource_type, 1, physical_id, new)
        return handlers["update"](physical_id, old, new, *rest)

    def delete(physical_id, props, *rest):
        ask_deployer(resource_type, 2, physical_id, props)
        return handlers["delete"](physical_id, props, *rest)

    acts = {"create": create, "update": update, "delete": delete}
    return {**handlers, **{name: act for name, act in acts.items() if name in handlers}}


for name, known in provisioners._RESOURCE_HANDLERS.items():
    provisioners._RESOURCE_HANDLERS[name] = asking(name, known)


if __name__ == "__main__":
    config = Config()
    config.bind = ["127.0.0.1:4566", f"unix:{os.environ['SOCKET_FILE']}"]
    config.keep_alive_timeout = 75
    asyncio.run(serve(gateway.app, config))
