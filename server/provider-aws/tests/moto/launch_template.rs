//! A group's template is there once, says what it should, and is gone when it is removed, whatever answers are lost.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{LaunchTemplateVersion, RequestLaunchTemplateData};
use openpcs_provider_aws::calls::launch_template::{delete_template, ensure_template};

use crate::canned::answering;
use crate::ec2::{Moto, client};
use crate::lossy::losing;

const NAME: &str = "pcs-pcs_group00000-do-not-delete";

fn data(image: &str) -> RequestLaunchTemplateData {
    RequestLaunchTemplateData::builder()
        .image_id(image)
        .security_group_ids("sg-1")
        .user_data("TUlNRS1WZXJzaW9uOiAxLjAK")
        .build()
}

fn tags() -> Vec<(String, String)> {
    vec![("pcs:cluster-id".into(), "pcs_cluster000".into())]
}

async fn versions(client: &Client) -> Vec<LaunchTemplateVersion> {
    let call = client.describe_launch_template_versions();
    let answer = call
        .launch_template_name(NAME)
        .max_results(200)
        .send()
        .await;
    answer.unwrap().launch_template_versions.unwrap()
}

#[tokio::test]
async fn a_version_more_only_for_other_contents() {
    let moto = Moto::start().await;
    let client = client(moto.address);
    let first = ensure_template(&client, NAME, &data("ami-1"), &tags())
        .await
        .unwrap();
    assert_eq!(first.version, 1);
    let again = ensure_template(&client, NAME, &data("ami-1"), &tags())
        .await
        .unwrap();
    assert_eq!(again, first);
    let second = ensure_template(&client, NAME, &data("ami-2"), &tags())
        .await
        .unwrap();
    assert_eq!((second.id.as_str(), second.version), (first.id.as_str(), 2));
    let again = ensure_template(&client, NAME, &data("ami-2"), &tags())
        .await
        .unwrap();
    assert_eq!(again, second);
    let all = versions(&client).await;
    let image = |version: &LaunchTemplateVersion| {
        version
            .launch_template_data()
            .unwrap()
            .image_id()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        all.iter().map(image).collect::<Vec<_>>(),
        ["ami-1", "ami-2"]
    );
    let data = all[1].launch_template_data().unwrap();
    assert_eq!(data.user_data(), Some("TUlNRS1WZXJzaW9uOiAxLjAK"));
    let found = client
        .describe_launch_templates()
        .launch_template_names(NAME)
        .send()
        .await;
    let found = found.unwrap().launch_templates.unwrap();
    let tag = &found[0].tags()[0];
    assert_eq!(
        (tag.key(), tag.value()),
        (Some("pcs:cluster-id"), Some("pcs_cluster000"))
    );
    delete_template(&client, NAME).await.unwrap();
    delete_template(&client, NAME).await.unwrap();
    let left = client
        .describe_launch_templates()
        .max_results(200)
        .send()
        .await
        .unwrap();
    assert_eq!(left.launch_templates(), []);
}

#[tokio::test]
async fn a_lost_answer_leaves_one_template() {
    let moto = Moto::start().await;
    for (action, times) in [("CreateLaunchTemplate", 1), ("CreateLaunchTemplate", 3)] {
        let lossy = client(losing(moto.address, action, times).await);
        // The SDK asks three times; after that the next round finds what was done.
        let mut made = ensure_template(&lossy, NAME, &data("ami-1"), &tags()).await;
        if made.is_err() {
            made = ensure_template(&lossy, NAME, &data("ami-1"), &tags()).await;
        }
        assert_eq!(made.unwrap().version, 1, "{action} lost {times} times");
        let client = client(moto.address);
        assert_eq!(versions(&client).await.len(), 1);
        delete_template(&client, NAME).await.unwrap();
    }
}

#[tokio::test]
async fn a_refusal_has_ec2s_code() {
    let moto = Moto::start().await;
    let refusal = "<Response><Errors><Error><Code>InvalidLaunchTemplateName.MalformedException</Code>\
                   <Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>";
    let answers = vec![(400, refusal.to_owned())];
    let door = answering(moto.address, "CreateLaunchTemplate", answers).await;
    let made = ensure_template(&client(door), NAME, &data("ami-1"), &tags()).await;
    let code = made.unwrap_err().code;
    let expected = "InvalidLaunchTemplateName.MalformedException";
    assert_eq!(code.as_deref(), Some(expected));
}
