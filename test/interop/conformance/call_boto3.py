"""Calls AWS's SDK for Python: reads cases from standard input, and prints how each ended."""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

CLIENTS = {
    'video': 'kinesisvideo',
    'media': 'kinesis-video-media',
    'archived': 'kinesis-video-archived-media',
}


def outcome(client, case):
    method = getattr(client, xform_name(case['operation']), None)
    if method is None:
        return {'unknown': True}
    try:
        result = method(**case['input'])
    except ClientError as error:
        name = error.response['Error']['Code']
        # The class that the model has for it, and no other.
        return {'error': name, 'isModelled': isinstance(error, getattr(client.exceptions, name))}
    return {'error': None, 'members': sorted(result)}


def main():
    request = json.load(sys.stdin)
    outcomes = []
    clients = {}
    for case in request['cases']:
        key = (case['target'], case['endpoint'])
        if key not in clients:
            clients[key] = boto3.client(
                CLIENTS[case['target']],
                endpoint_url=case['endpoint'],
                region_name=request['region'],
                config=Config(parameter_validation=False, retries={'max_attempts': 0}),
            )
        for _ in range(case['calls']):
            ended = outcome(clients[key], case)
            if ended.get('error') == case.get('error'):
                break
        outcomes.append(ended)
    print(json.dumps(outcomes))


main()
